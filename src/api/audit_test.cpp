#include "api/audit.h"

#include "api/resource.h"
#include "api/test_api.h"
#include "auth/signer.h"

#include <fstream>
#include <sstream>

namespace openfc::api {
namespace {

namespace json = boost::json;

/// Requests through the whole pipeline, and the lines that the audit log then holds.
class AuditApiTest : public ApiTest {
public:
  AuditApiTest() {
    parts.audit = &log;
    keys.put(
        {.id = "none", .secret = "secret", .accountId = "1000", .policies = auth::compile({})});
    pipeline = std::make_unique<Pipeline>(parts, metrics);
  }

  http::Response send(const auth::Signer& signer, const std::string& method,
                      const std::string& target, const std::string& body = "") {
    http::Request request{.method = method, .target = target, .body = body};
    signer.sign(request, clock.time);
    FakeExchange exchange(std::move(request));
    return loop.await(pipeline->handle(exchange));
  }
  http::Response root(const std::string& method, const std::string& target,
                      const std::string& body = "") {
    return send(auth::Signer("id", "secret"), method, target, body);
  }
  std::string content(const std::string& kind) const {
    std::ifstream in(directory.path() / "audit" / (kind + "-0000000001.jsonl"));
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  /// The lines as objects, oldest first.
  std::vector<json::object> lines(const std::string& kind = "calls") const {
    std::vector<json::object> out;
    std::istringstream in(content(kind));
    for (std::string line; std::getline(in, line);) {
      out.push_back(schema::parseJson(line).as_object());
    }
    return out;
  }
  static std::string text(const json::object& line, std::string_view member) {
    return std::string(line.at(member).as_string());
  }
  static std::string header(const http::Response& response, std::string_view name) {
    return std::string(response.headers.find(name).value_or(""));
  }

  observe::Metrics metrics;
  observe::Audit log{directory.path() / "audit", loop, metrics};
  std::unique_ptr<Pipeline> pipeline;
};

TEST_F(AuditApiTest, TellsTheStatesBeforeAndAfter) {
  const auto made = root("POST", "/2016-08-15/services", R"({"serviceName":"a"})");
  const auto changed = root("PUT", "/2016-08-15/services/a", R"({"description":"secret words"})");
  root("DELETE", "/2016-08-15/services/a");

  const auto seen = lines();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], (json::object{{"time", "2022-03-01T08:00:00.000Z"},
                                   {"requestId", header(made, "X-Fc-Request-Id")},
                                   {"operation", "CreateService"},
                                   {"resource", "acs:fc:cn-hangzhou:1000:services/*"},
                                   {"accountId", "1000"},
                                   {"accessKeyId", "id"},
                                   {"sourceIp", "127.0.0.1"},
                                   {"status", 200},
                                   {"document", "service/1000/a"},
                                   {"newEtag", header(made, "Etag")}}));
  EXPECT_EQ(seen[1].at("resource"), "acs:fc:cn-hangzhou:1000:services/a");
  EXPECT_EQ(text(seen[1], "oldEtag"), header(made, "Etag"));
  EXPECT_EQ(text(seen[1], "newEtag"), header(changed, "Etag"));
  EXPECT_EQ(seen[2].at("operation"), "DeleteService");
  EXPECT_EQ(text(seen[2], "oldEtag"), header(changed, "Etag"));
  EXPECT_FALSE(seen[2].contains("newEtag"));
  EXPECT_EQ(content("calls").find("secret words"), std::string::npos);
}

TEST_F(AuditApiTest, NamesTheFunctionAndNotItsServicesCounter) {
  createService("a");

  root("POST", "/2016-08-15/services/a/functions", functionBody("f"));

  ASSERT_EQ(lines().size(), 1u);
  EXPECT_EQ(lines()[0].at("document"), "function/1000/a/f");
}

TEST_F(AuditApiTest, LeavesOutReadingAndInvoking) {
  createService("a");
  createFunction("a", "f");

  EXPECT_EQ(root("GET", "/2016-08-15/services/a").status, 200);
  EXPECT_EQ(root("POST", "/2016-08-15/services/a/functions/f/invocations").status, 200);
  EXPECT_EQ(root("PATCH", "/2016-08-15/services/a").status, 400);
  EXPECT_EQ(content("calls") + content("strangers"), "");
}

TEST_F(AuditApiTest, KeepsRefusalsAndWhy) {
  send(auth::Signer("none", "secret"), "POST", "/2016-08-15/services", R"({"serviceName":"a"})");
  root("PUT", "/2016-08-15/services/b", "{}");
  root("POST", "/2016-08-15/tag", R"({"resourceArn":"services/b","tags":{"k":"v"}})");

  const auto seen = lines();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].at("accessKeyId"), "none");
  EXPECT_EQ(seen[0].at("status"), 403);
  EXPECT_EQ(seen[0].at("errorCode"), "AccessDenied");
  EXPECT_EQ(seen[1].at("errorCode"), "ServiceNotFound");
  EXPECT_EQ(seen[2].at("resource"), "acs:fc:cn-hangzhou:1000:services/b");
}

TEST_F(AuditApiTest, KeepsStrangersApart) {
  send(auth::Signer("id", "guess"), "DELETE", "/2016-08-15/services/a");
  send(auth::Signer("nobody", "guess"), "POST", "/2016-08-15/tag", "{");
  FakeExchange exchange({.method = "DELETE", .target = "/2016-08-15/services/a"});
  loop.await(pipeline->handle(exchange));

  EXPECT_EQ(content("calls"), "");
  const auto seen = lines("strangers");
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].at("claimedAccessKeyId"), "id");
  EXPECT_EQ(seen[0].at("resource"), "acs:fc:cn-hangzhou::services/a");
  EXPECT_EQ(seen[0].at("errorCode"), "SignatureNotMatch");
  EXPECT_FALSE(seen[0].contains("accountId"));
  EXPECT_EQ(seen[1].at("errorCode"), "InvalidAccessKeyID");
  EXPECT_FALSE(seen[2].contains("claimedAccessKeyId"));
}

TEST_F(AuditApiTest, HoldsNoSecretsOfKeysAndRoles) {
  const auto made = root("POST", "/openfc/keys", R"({"fullAccess":true})");
  const std::string id(schema::parseJson(made.body).at("accessKeyId").as_string());
  const auto rotated = root("POST", "/openfc/keys/" + id + "/secret");
  root("POST", "/openfc/roles", R"({"roleName":"r"})");
  const auto assumed = root("POST", "/openfc/roles/r/credentials");

  const auto upload = root("GET", "/2016-08-15/tempBucketToken");

  EXPECT_EQ(upload.status, 200);
  EXPECT_EQ(lines().size(), 5u);
  EXPECT_EQ(text(lines()[1], "document"), "access-key/1000/" + id);
  EXPECT_EQ(lines()[3].at("operation"), "AssumeRole");
  for (const auto* answer : {&made, &rotated, &assumed}) {
    const std::string secret(schema::parseJson(answer->body).at("accessKeySecret").as_string());
    EXPECT_EQ(content("calls").find(secret), std::string::npos);
  }
  const std::string token(schema::parseJson(assumed.body).at("securityToken").as_string());
  EXPECT_EQ(content("calls").find(token), std::string::npos);
}

TEST_F(AuditApiTest, SaysWhichRoleAndSessionCalled) {
  const std::string all =
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  roles.put("1000", "writer", {"", auth::compile({&all, 1})});
  const auto made = temporary.make({.accountId = "1000", .role = "writer", .session = "s/f"},
                                   clock.time + std::chrono::hours(1));
  const auth::Signer signer(made.accessKeyId, made.accessKeySecret, made.securityToken);

  EXPECT_EQ(send(signer, "POST", "/2016-08-15/services", R"({"serviceName":"a"})").status, 200);

  EXPECT_EQ(text(lines().at(0), "accessKeyId"), made.accessKeyId);
  EXPECT_EQ(lines().at(0).at("role"), "acs:ram::1000:role/writer");
  EXPECT_EQ(lines().at(0).at("session"), "s/f");
}

}  // namespace
}  // namespace openfc::api
