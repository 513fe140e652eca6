#include "api/test_api.h"
#include "base/test_identity.h"
#include "base/time_text.h"
#include "model/custom_domain.h"
#include "model/keys.h"

#include <boost/json/serialize.hpp>

namespace openfc::api {
namespace {

constexpr const char* routes =
    R"({"routes":[{"path":"/a/*","serviceName":"s1","functionName":"f1","qualifier":"prod","methods":["GET"]}]})";

class DomainsApiTest : public ApiTest {
public:
  // Certificates are made for the real time.
  DomainsApiTest() { clock.time = std::chrono::system_clock::now(); }

  Answer create(const std::string& name, const std::string& more = "",
                const std::string& account = "1000") {
    return call("CreateCustomDomain",
                {.body = R"({"domainName":")" + name + "\"" + more + "}", .account = account});
  }
  Answer named(const std::string& operation, const std::string& name, const std::string& body = "",
               const std::string& account = "1000") {
    return call(operation, {.path = {{"domainName", name}}, .body = body, .account = account});
  }
  Answer get(const std::string& name) { return named("GetCustomDomain", name); }
  Answer update(const std::string& name, const std::string& body) {
    return named("UpdateCustomDomain", name, body);
  }
  static std::string quoted(const std::string& text) {
    return boost::json::serialize(boost::json::string(text));
  }
  static std::string certConfig(const std::string& certificate, const std::string& key) {
    return R"("certConfig":{"certName":"n","certificate":)" + quoted(certificate) +
           R"(,"privateKey":)" + quoted(key) + "}";
  }
  static std::string certConfig(const TestIdentity& identity) {
    return certConfig(identity.certificatePem(), identity.keyPem());
  }
  /// The domain as a request for its host finds it.
  model::CustomDomain atHost(const std::string& host) {
    return model::fromDocument<model::CustomDomain>(
        loop.await(documents.find(model::hostKey(host))).value().value);
  }
};

TEST_F(DomainsApiTest, AreCreatedWithDefaults) {
  clock.time = Time(std::chrono::seconds(1'646'121'600));
  const Answer answer = create("a.example.com");

  ASSERT_EQ(answer.status(), 200) << answer.message();
  EXPECT_EQ(
      answer.response.body,
      R"({"domainName":"a.example.com","accountId":"1000","protocol":"HTTP","certConfig":{"certName":null,"certificate":null,"privateKey":null},"routeConfig":{"routes":[]},"tlsConfig":null,"createdTime":"2022-03-01T08:00:00Z","lastModifiedTime":"2022-03-01T08:00:00Z","apiVersion":"2016-08-15"})");
  EXPECT_EQ(answer.header("Etag").size(), 32U);
  EXPECT_EQ(get("a.example.com").response.body, answer.response.body);
  EXPECT_EQ(get("A.EXAMPLE.com").response.body, answer.response.body);
}

TEST_F(DomainsApiTest, KeepTheirRoutes) {
  const Answer answer = create("a.example.com", std::string(R"(,"routeConfig":)") + routes);
  EXPECT_EQ(answer.text("routeConfig"), routes);
  for (const char* bad :
       {R"({"path":"a","serviceName":"s","functionName":"f"})",
        R"({"path":"/*/a","serviceName":"s","functionName":"f"})",
        R"({"path":"/a","functionName":"f"})", R"({"path":"/a","serviceName":"s"})",
        R"({"path":"/a","serviceName":"1","functionName":"f"})",
        R"({"path":"/a","serviceName":"s","functionName":"f","methods":["X"]})"}) {
    EXPECT_EQ(
        create("b.example.com", std::string(R"(,"routeConfig":{"routes":[)") + bad + "]}").code(),
        "InvalidArgument")
        << bad;
  }
}

TEST_F(DomainsApiTest, BelongToOneAccount) {
  create("a.example.com");
  EXPECT_EQ(create("a.example.com").message(), "domain name 'a.example.com' already exists");
  EXPECT_EQ(create("A.example.com", "", "2000").code(), "DomainNameAlreadyExists");
  EXPECT_EQ(named("GetCustomDomain", "a.example.com", "", "2000").code(), "DomainNameNotFound");
  EXPECT_EQ(named("DeleteCustomDomain", "a.example.com", "", "2000").code(), "DomainNameNotFound");
  EXPECT_EQ(named("UpdateCustomDomain", "a.example.com", "{}", "2000").code(),
            "DomainNameNotFound");
  EXPECT_EQ(get("a.example.com").status(), 200);
  EXPECT_EQ(named("DeleteCustomDomain", "a.example.com").status(), 204);
  EXPECT_EQ(named("DeleteCustomDomain", "a.example.com").message(),
            "domain name 'a.example.com' does not exist");
  EXPECT_EQ(create("a.example.com", "", "2000").status(), 200);
}

TEST_F(DomainsApiTest, NeedACertificateForHttps) {
  EXPECT_EQ(
      create("a.example.com", R"(,"protocol":"HTTP,HTTPS")").message(),
      "certConfig.certificate and certConfig.privateKey are required for protocol HTTP,HTTPS");
  EXPECT_EQ(create("a.example.com", R"(,"protocol":"FTP")").code(), "InvalidArgument");
  for (const char* protocol : {"HTTP", "HTTPS", "HTTP,HTTPS"}) {
    const std::string name =
        "p" + std::to_string(std::string_view(protocol).size()) + ".example.com";
    EXPECT_EQ(create(name, std::string(R"(,"protocol":")") + protocol + "\"," +
                               certConfig(TestIdentity()))
                  .text("protocol"),
              protocol);
  }
}

TEST_F(DomainsApiTest, ShowTheirCertificateAndNeverItsKey) {
  const TestIdentity identity;
  const Answer answer = create("a.example.com", R"(,"protocol":"HTTPS",)" + certConfig(identity));

  ASSERT_EQ(answer.status(), 200) << answer.message();
  const auto config = answer.json().at("certConfig").as_object();
  EXPECT_EQ(config.at("certificate").as_string(), identity.certificatePem());
  EXPECT_TRUE(config.at("privateKey").is_null());
  const auto expires = fromIso(config.at("expiryTime").as_string().c_str());
  ASSERT_TRUE(expires);
  EXPECT_GT(*expires, clock.time + std::chrono::minutes(50));
  for (const std::string& shown : std::initializer_list<std::string>{
           answer.response.body, get("a.example.com").response.body,
           call("ListCustomDomains").response.body,
           update("a.example.com", R"({"protocol":"HTTP,HTTPS"})").response.body}) {
    EXPECT_NE(shown.find("a.example.com"), std::string::npos) << shown;
    EXPECT_EQ(shown.find("PRIVATE KEY"), std::string::npos);
  }
  EXPECT_EQ(atHost("a.example.com").config.certConfig->privateKey, identity.keyPem());
}

TEST_F(DomainsApiTest, RefuseCertificatesThatServeNobody) {
  const TestIdentity mine;
  const TestIdentity other;
  const TestIdentity old(TestIdentity::ellipticKey(),
                         {.name = "a.example.com", .begin = -7200, .end = -3600});
  const auto refused = [this](const std::string& config) {
    const Answer answer = create("a.example.com", "," + config);
    EXPECT_EQ(answer.code(), "InvalidArgument");
    EXPECT_EQ(answer.message().find("KEY-----"), std::string::npos);
    return answer.message();
  };
  EXPECT_EQ(refused(certConfig(mine.certificatePem(), other.keyPem())),
            "certConfig.privateKey does not belong to the certificate");
  EXPECT_EQ(refused(certConfig("x", mine.keyPem())),
            "certConfig.certificate: no PEM certificate in it");
  EXPECT_EQ(refused(R"("certConfig":{"certificate":"x"})"), "certConfig.privateKey is required");
  EXPECT_EQ(refused(certConfig("", mine.keyPem())), "certConfig.certificate is required");
  EXPECT_TRUE(refused(certConfig(old)).starts_with("certConfig.certificate: it has expired, on "));
  EXPECT_EQ(get("a.example.com").code(), "DomainNameNotFound");
}

TEST_F(DomainsApiTest, AreMergedByUpdates) {
  const TestIdentity identity;
  create("a.example.com", std::string(R"(,"protocol":"HTTPS","routeConfig":)") + routes + "," +
                              certConfig(identity));
  clock.time += std::chrono::minutes(5);

  const Answer other = update("a.example.com", R"({"domainName":"a.example.com","certConfig":null,)"
                                               R"("protocol":"HTTP,HTTPS"})");
  ASSERT_EQ(other.status(), 200) << other.message();
  EXPECT_EQ(other.text("protocol"), "HTTP,HTTPS");
  EXPECT_EQ(other.text("routeConfig"), routes);
  EXPECT_EQ(other.json().at("certConfig").at("certName").as_string(), "n");
  EXPECT_EQ(atHost("a.example.com").config.protocol, "HTTP,HTTPS");
  EXPECT_EQ(get("a.example.com").response.body, other.response.body);

  EXPECT_EQ(update("a.example.com", R"({"certConfig":{}})").code(), "InvalidArgument");
  EXPECT_EQ(update("a.example.com", R"({"certConfig":{},"protocol":"HTTP"})").text("certConfig"),
            R"({"certName":null,"certificate":null,"privateKey":null})");
  EXPECT_EQ(update("a.example.com", R"({"domainName":"b.example.com"})").code(), "InvalidArgument");
}

TEST_F(DomainsApiTest, LoseTheirCertificateWithHttps) {
  create("a.example.com", R"(,"protocol":"HTTP,HTTPS",)" + certConfig(TestIdentity()));

  EXPECT_EQ(update("a.example.com", R"({"protocol":"HTTP"})").text("certConfig"), "null");

  EXPECT_EQ(get("a.example.com").text("certConfig"),
            R"({"certName":null,"certificate":null,"privateKey":null})");
  EXPECT_EQ(update("a.example.com", R"({"protocol":"HTTPS"})").code(), "InvalidArgument");
}

TEST_F(DomainsApiTest, KeepTheCertificateThatTheyGetWithHttp) {
  create("a.example.com", R"(,"protocol":"HTTPS",)" + certConfig(TestIdentity()));
  const TestIdentity second;

  update("a.example.com", R"({"protocol":"HTTP",)" + certConfig(second) + "}");

  EXPECT_EQ(update("a.example.com", R"({"protocol":"HTTPS"})").status(), 200);
  EXPECT_EQ(atHost("a.example.com").config.certConfig->privateKey, second.keyPem());
}

TEST_F(DomainsApiTest, KeepTheirKeyWhenTheirCertificateIsWrittenBack) {
  const TestIdentity identity;
  const Answer made = create("a.example.com", R"(,"protocol":"HTTPS",)" + certConfig(identity));

  const Answer again = update("a.example.com", R"({"certConfig":)" + made.text("certConfig") + "}");

  EXPECT_EQ(again.status(), 200) << again.message();
  EXPECT_EQ(atHost("a.example.com").config.certConfig->privateKey, identity.keyPem());
  EXPECT_EQ(update("a.example.com", R"({"certConfig":{"certificate":)" +
                                        quoted(TestIdentity().certificatePem()) + "}}")
                .code(),
            "InvalidArgument");
}

TEST_F(DomainsApiTest, MayOutliveTheirCertificate) {
  create("a.example.com", R"(,"protocol":"HTTPS",)" + certConfig(TestIdentity()));
  clock.time += std::chrono::hours(2);
  EXPECT_EQ(update("a.example.com", std::string(R"({"routeConfig":)") + routes + "}").status(),
            200);
  EXPECT_EQ(update("a.example.com", "{" + certConfig(TestIdentity()) + "}").code(),
            "InvalidArgument");
}

TEST_F(DomainsApiTest, TakeTheWrappedSampleOfTheReference) {
  create("a.example.com");
  const Answer answer = update("a.example.com", std::string(R"({"body":{"routeConfig":)") + routes +
                                                    R"(,"domainName":"a.example.com"}})");
  EXPECT_EQ(answer.text("routeConfig"), routes);
  EXPECT_EQ(update("a.example.com", R"({"body":{"protocol":"FTP"}})").code(), "InvalidArgument");
  EXPECT_EQ(update("a.example.com", R"({"body":{"domainName":"b.example.com"}})").code(),
            "InvalidArgument");
  EXPECT_EQ(update("a.example.com", R"({"body":7})").status(), 200);
}

TEST_F(DomainsApiTest, LoseRacesUnharmed) {
  create("a.example.com");
  documents.beforeCommit.emplace_back(
      [this] { return touch(model::domainKey("1000", "a.example.com")); });
  EXPECT_EQ(update("a.example.com", std::string(R"({"routeConfig":)") + routes + "}").code(),
            "ConcurrentUpdateError");
  EXPECT_EQ(atHost("a.example.com").config.routeConfig.routes.size(), 0U);
}

TEST_F(DomainsApiTest, AreListedByName) {
  for (const char* name : {"b.example.com", "a.example.com", "*.example.com", "B2.example.com"})
    create(name);
  create("z.example.com", "", "2000");
  const auto list = [this](const std::string& query) {
    const auto page = call("ListCustomDomains", {.query = query}).json().as_object();
    std::string out;
    for (const auto& domain : page.at("customDomains").as_array())
      out += std::string(domain.at("domainName").as_string().c_str()) + " ";
    return out + (page.contains("nextToken") ? page.at("nextToken").as_string().c_str() : "-");
  };
  EXPECT_EQ(list(""), "*.example.com a.example.com b.example.com B2.example.com -");
  EXPECT_EQ(list("limit=2"), "*.example.com a.example.com b.example.com");
  EXPECT_EQ(list("limit=2&nextToken=b.example.com"), "b.example.com B2.example.com -");
  EXPECT_EQ(list("prefix=B"), "b.example.com B2.example.com -");
  EXPECT_EQ(list("startKey=b.z"), "B2.example.com -");
  EXPECT_EQ(call("ListCustomDomains", {.query = "limit=101"}).code(), "InvalidArgument");
}

TEST_F(DomainsApiTest, LeaveNothingBehind) {
  create("a.example.com");
  named("DeleteCustomDomain", "a.example.com");
  EXPECT_EQ(loop.await(documents.page("custom-domain", "", 10)).size(), 0U);
}

}  // namespace
}  // namespace openfc::api
