#include "api/identities.h"

#include "api/test_api.h"
#include "auth/signer.h"

namespace openfc::api {
namespace {

/// Keys and roles made through the API, and what requests by them may do.
class IdentitiesTest : public ApiTest {
public:
  http::Response send(const auth::Signer& signer, const std::string& method,
                      const std::string& target, const std::string& body = "") {
    http::Request request{.method = method, .target = target, .body = body};
    signer.sign(request, clock.time);
    FakeExchange exchange(std::move(request));
    return loop.await(pipeline.handle(exchange));
  }
  http::Response root(const std::string& method, const std::string& target,
                      const std::string& body = "") {
    return send(auth::Signer("id", "secret"), method, target, body);
  }
  static std::string text(const http::Response& response, std::string_view member) {
    const auto value = schema::parseJson(response.body);
    return std::string(value.as_object().at(member).as_string());
  }
  static std::string policies(const std::string& action) {
    return R"({"policies":{"p":"{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\")" +
           action + R"(\",\"Resource\":\"*\"}]}"})";
  }

  observe::Metrics metrics;
  Identities identities{documents, keys, roles};
  Pipeline pipeline{parts, metrics};
};

TEST_F(IdentitiesTest, KeysCountAtOnceFromTheirMakingToTheirEnd) {
  const auto made = root("POST", "/openfc/keys", policies("fc:List*") + "}");
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string id = text(made, "accessKeyId");
  const auth::Signer signer(id, text(made, "accessKeySecret"));
  const auto status = [&](const auth::Signer& by, const std::string& method = "GET") {
    return send(by, method, "/2016-08-15/services", R"({"serviceName":"a"})").status;
  };
  const std::string path = "/openfc/keys/" + id;

  EXPECT_EQ(status(signer), 200);
  EXPECT_EQ(status(signer, "POST"), 403);
  EXPECT_EQ(send(signer, "GET", "/openfc/keys").status, 403);
  EXPECT_EQ(root("PUT", path, R"({"enabled":false})").status, 200);
  EXPECT_EQ(status(signer), 403);
  EXPECT_EQ(root("PUT", path, R"({"enabled":true})").status, 200);
  const auto rotated = root("POST", path + "/secret");
  EXPECT_EQ(status(signer), 403);
  const auth::Signer fresh(id, text(rotated, "accessKeySecret"));
  EXPECT_EQ(status(fresh), 200);
  EXPECT_EQ(root("GET", path).body.find("ecret"), std::string::npos);
  EXPECT_EQ(root("PUT", path, R"({"policies":{}})").status, 200);
  EXPECT_EQ(status(fresh), 403);
  EXPECT_EQ(root("DELETE", path).status, 200);
  EXPECT_EQ(status(fresh), 403);
}

TEST_F(IdentitiesTest, AreReadBackAtTheStart) {
  const auto made = root("POST", "/openfc/keys", R"({"fullAccess":true})");
  auth::Keys fresh;
  auth::Roles freshRoles;
  Identities again(documents, fresh, freshRoles);

  loop.await(again.load());

  EXPECT_NE(fresh.find(text(made, "accessKeyId")), nullptr);
}

TEST_F(IdentitiesTest, AssumedRolesMayWhatTheRoleMay) {
  ASSERT_EQ(root("POST", "/openfc/roles", policies("fc:List*") + R"(,"roleName":"reader"})").status,
            200);
  const auto assumed = root("POST", "/openfc/roles/reader/credentials", "{}");
  ASSERT_EQ(assumed.status, 200) << assumed.body;
  const auth::Signer signer(text(assumed, "accessKeyId"), text(assumed, "accessKeySecret"),
                            text(assumed, "securityToken"));

  EXPECT_EQ(send(signer, "GET", "/2016-08-15/services").status, 200);
  EXPECT_EQ(send(signer, "POST", "/2016-08-15/services", R"({"serviceName":"a"})").status, 403);
  EXPECT_EQ(root("DELETE", "/openfc/roles/reader").status, 200);
  EXPECT_EQ(send(signer, "GET", "/2016-08-15/services").status, 403);
}

TEST_F(IdentitiesTest, ARoleThatIsMadeAgainRevivesNoCredentials) {
  const std::string body = policies("fc:List*") + R"(,"roleName":"reader"})";
  const std::string first = text(root("POST", "/openfc/roles", body), "roleId");
  const auto assumed = root("POST", "/openfc/roles/reader/credentials", "{}");
  const auth::Signer signer(text(assumed, "accessKeyId"), text(assumed, "accessKeySecret"),
                            text(assumed, "securityToken"));
  EXPECT_EQ(root("PUT", "/openfc/roles/reader", R"({"description":"the same role"})").status, 200);
  EXPECT_EQ(send(signer, "GET", "/2016-08-15/services").status, 200);

  EXPECT_EQ(root("DELETE", "/openfc/roles/reader").status, 200);
  EXPECT_NE(text(root("POST", "/openfc/roles", body), "roleId"), first);

  EXPECT_EQ(send(signer, "GET", "/2016-08-15/services").status, 403);
}

TEST_F(IdentitiesTest, BadPoliciesAreRefusedWithTheirPlace) {
  const auto refused = root("POST", "/openfc/keys", R"({"policies":{"p":"{}"}})");

  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(text(refused, "ErrorMessage"), "policies.p: Version is missing");
}

}  // namespace
}  // namespace openfc::api
