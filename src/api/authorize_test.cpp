#include "api/authorize.h"

#include "api/router.h"
#include "api/test_api.h"
#include "auth/signer.h"

#include <set>

namespace openfc::api {
namespace {

std::string allowing(const std::string& action, const std::string& resource) {
  return R"({"Version":"1","Statement":[{"Effect":"Allow","Action":")" + action +
         R"(","Resource":")" + resource + "\"}]}";
}

auth::Policies policies(const std::string& document) { return auth::compile({&document, 1}); }

/// Requests through the whole pipeline, by keys with and without policies.
class AuthorizeTest : public ApiTest {
public:
  AuthorizeTest() {
    keys.put({.id = "other", .secret = "secret", .accountId = "2000"});
    keys.put(
        {.id = "none", .secret = "secret", .accountId = "1000", .policies = auth::compile({})});
  }

  void restrict(const std::string& document) {
    keys.put(
        {.id = "some", .secret = "secret", .accountId = "1000", .policies = policies(document)});
  }
  http::Response send(http::Request request, const std::string& key) {
    if (!key.empty()) auth::Signer(key, "secret").sign(request, clock.time);
    FakeExchange exchange(std::move(request));
    return loop.await(pipeline.handle(exchange));
  }
  http::Response send(const std::string& method, const std::string& target, const std::string& key,
                      const std::string& body = "") {
    http::Request request{.method = method, .target = target, .body = body};
    return send(std::move(request), key);
  }
  static std::string told(const http::Response& response) {
    if (response.status < 400) return "ok";
    const auto body = schema::parseJson(response.body);
    return std::string(body.at("ErrorCode").as_string()) + ": " +
           std::string(body.at("ErrorMessage").as_string());
  }
  static http::Request requestOf(const Operation& operation) {
    std::string target = fullPath(operation);
    for (auto open = target.find('{'); open != std::string::npos; open = target.find('{')) {
      target.replace(open, target.find('}') - open + 1, "n1");
    }
    return {.method = std::string(operation.method), .target = target};
  }

  observe::Metrics metrics;
  Pipeline pipeline{parts, metrics};
};

TEST_F(AuthorizeTest, EveryRouteAsksWhoCallsAndWhetherItMay) {
  for (const Operation& operation : operations()) {
    if (operation.access == Access::open) continue;
    SCOPED_TRACE(std::string(operation.name) + " " + std::string(operation.path));
    http::Request request = requestOf(operation);

    http::Request nobodys = request;
    EXPECT_EQ(told(send(nobodys, "")),
              "MissingRequiredHeader: required HTTP header Date was not specified");
    nobodys.headers.add("Date", "Tue, 01 Mar 2022 08:00:00 GMT");
    EXPECT_EQ(told(send(nobodys, "")),
              "AccessDenied: required HTTP header Authorization was not specified");

    http::Request foreign = request;
    foreign.headers.add("Host", "1000.cn-hangzhou.fc.example");
    EXPECT_EQ(told(send(foreign, "other")),
              "AccessDenied: The service or function doesn't belong to you.");

    const http::Response refused = send(request, "none");
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(told(refused).find("AccessDenied: the caller is not authorized to perform '" +
                                 actionOf(operation) + "' on resource 'acs:"),
              0u)
        << told(refused);

    // All but this one operation: it is its own action that is asked for.
    restrict(R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
                 {"Effect":"Deny","Action":")" +
             actionOf(operation) + R"(","Resource":"*"}]})");
    EXPECT_EQ(send(request, "some").status, 403);
    restrict(allowing(actionOf(operation), "*"));
    EXPECT_EQ(told(send(request, "some")).find("the caller is not authorized"), std::string::npos);
  }
}

TEST_F(AuthorizeTest, OtherAccountsResourcesDoNotShow) {
  createService("a");

  EXPECT_EQ(told(send("GET", "/2016-08-15/services/a", "other")),
            "ServiceNotFound: service 'a' does not exist");
}

TEST_F(AuthorizeTest, DerivesResourcesFromPaths) {
  struct Case {
    std::string_view method;
    std::string_view path;
    std::string_view pattern;
  };
  constexpr Case cases[] = {
      {"GET", "/2016-08-15/services", "services/*"},
      {"POST", "/2016-08-15/services", "services/*"},
      {"GET", "/2016-08-15/services/s", "services/{serviceName}"},
      {"POST", "/2016-08-15/services/s/functions", "services/{serviceName}/functions/*"},
      {"GET", "/2016-08-15/services/s/functions/f",
       "services/{serviceName}/functions/{functionName}"},
      {"GET", "/2016-08-15/services/s/functions/f/code",
       "services/{serviceName}/functions/{functionName}"},
      {"POST", "/2016-08-15/services/s/functions/f/invocations",
       "services/{serviceName}/functions/{functionName}"},
      {"POST", "/2016-08-15/tag", ""},
      {"GET", "/2016-08-15/tag", ""},
      {"GET", "/openfc/logs/s/f", "logs/{serviceName}/{functionName}"},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(resourceTemplate(routeOf(one.method, one.path)->operation), one.pattern) << one.path;
  }
}

TEST_F(AuthorizeTest, NoTwoOperationsShareAnAction) {
  std::set<std::string> seen;
  for (const Operation& operation : operations()) {
    const bool isNew = seen.insert(actionOf(operation)).second;
    EXPECT_TRUE(isNew || operation.name == "InvokeFunction") << operation.name;
  }
}

TEST_F(AuthorizeTest, TellsActionAndResource) {
  restrict(allowing("fc:GetService", "acs:fc:*:*:services/a"));
  createService("a");

  EXPECT_EQ(told(send("GET", "/2016-08-15/services/a", "some")), "ok");
  EXPECT_EQ(told(send("GET", "/2016-08-15/services/a.LATEST", "some")), "ok");
  EXPECT_EQ(told(send("GET", "/2016-08-15/services/b", "some")),
            "AccessDenied: the caller is not authorized to perform 'fc:GetService' on resource "
            "'acs:fc:cn-hangzhou:1000:services/b'");
  EXPECT_EQ(told(send("GET", "/2016-08-15/services/a.v1", "some")),
            "AccessDenied: the caller is not authorized to perform 'fc:GetService' on resource "
            "'acs:fc:cn-hangzhou:1000:services/a.v1'");
  EXPECT_EQ(told(send("DELETE", "/2016-08-15/services/a", "some")),
            "AccessDenied: the caller is not authorized to perform 'fc:DeleteService' on resource "
            "'acs:fc:cn-hangzhou:1000:services/a'");
}

TEST_F(AuthorizeTest, ADenialIsNotEvadedByNamingLatest) {
  createService("a");
  restrict(R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
              {"Effect":"Deny","Action":"*","Resource":"acs:fc:*:*:services/a"}]})");

  for (const char* name : {"a", "a.LATEST", "%61", "a."}) {
    EXPECT_EQ(send("GET", std::string("/2016-08-15/services/") + name, "some").status, 403) << name;
  }
}

TEST_F(AuthorizeTest, ReadsTheResourceOfTagsFromBodyAndQuery) {
  createService("a");
  createService("b");
  restrict(allowing("fc:*", "acs:fc:*:*:services/a"));
  const auto tag = [&](const std::string& member, const std::string& arn) {
    return told(send("POST", "/2016-08-15/tag", "some",
                     "{\"" + member + "\":\"" + arn + R"(","tags":{"k":"v"}})"));
  };
  const std::string refused =
      "AccessDenied: the caller is not authorized to perform 'fc:TagResource' on resource "
      "'acs:fc:cn-hangzhou:1000:services/b'";

  EXPECT_EQ(tag("resourceArn", "services/a"), "ok");
  EXPECT_EQ(tag("resourceArn", "acs:fc:cn-hangzhou:1000:services/a"), "ok");
  EXPECT_EQ(tag("resourceArn", "services/b"), refused);
  EXPECT_EQ(tag("ResourceArn", "services/b"), refused);
  EXPECT_EQ(told(send("GET", "/2016-08-15/tag?resourceArn=services%2Fa", "some")), "ok");
  EXPECT_EQ(send("GET", "/2016-08-15/tag?resourceArn=services%2Fb", "some").status, 403);
  EXPECT_EQ(send("GET", "/2016-08-15/tag", "some").status, 403);
}

TEST_F(AuthorizeTest, LooksAtTheResourceThatTheOperationTakes) {
  createService("a");
  createService("b");
  restrict(allowing("fc:*", "acs:fc:*:*:services/a"));
  const auto tag = [&](const std::string& body) {
    return send("POST", "/2016-08-15/tag", "some", "{" + body + R"(,"tags":{"k":"v"}})").status;
  };

  EXPECT_EQ(tag(R"("ResourceArn":"services/b","RESOURCEARN":"services/a")"), 403);
  EXPECT_EQ(tag(R"("resourcearn":"services/a","resourceArn":"services/b")"), 403);
  EXPECT_EQ(tag(R"("resourceArn":null,"ResourceArn":"services/a")"), 403);
  EXPECT_EQ(tag(R"("resourceArn":5,"ResourceArn":"services/a")"), 403);
  EXPECT_EQ(tag(R"("resourceArn":"services/a","resourceArn":"services/b")"), 403);
  const auto tags = [&](const std::string& service) {
    return call("GetResourceTags", {.query = "resourceArn=services%2F" + service}).text("tags");
  };
  EXPECT_EQ(tags("b"), "{}");
}

TEST_F(AuthorizeTest, ADenialIsNotEvadedByAnotherSpellingOfTheArn) {
  createService("secret");
  restrict(R"({"Version":"1","Statement":[
             {"Effect":"Allow","Action":"*","Resource":"*"},
             {"Effect":"Deny","Action":"*",
              "Resource":"acs:fc:cn-hangzhou:1000:services/secret"}]})");

  for (const std::string arn :
       {"services/secret", "acs:fc:cn-hangzhou:1000:services/secret",
        "acs:fc::1000:services/secret", "acs:fc:cn-hangzhou::services/secret",
        "acs:fc:::services/secret"}) {
    SCOPED_TRACE(arn);
    const std::string members = "{\"resourceArn\":\"" + arn + "\",";
    const std::string query = "/2016-08-15/tag?resourceArn=" + percentEncode(arn);
    for (const auto& response :
         {send("POST", "/2016-08-15/tag", "some", members + R"("tags":{"k":"v"}})"),
          send("DELETE", "/2016-08-15/tag", "some", members + R"("all":true})"),
          send("GET", query, "some")}) {
      EXPECT_EQ(response.status, 403);
      EXPECT_TRUE(told(response).ends_with("'acs:fc:cn-hangzhou:1000:services/secret'"))
          << told(response);
    }
  }
}

TEST_F(AuthorizeTest, ADenialIsNotEvadedByAnotherSpellingInThePath) {
  call("CreateCustomDomain", {.body = R"({"domainName":"a.example.com","protocol":"HTTP"})"});
  call("PublishLayerVersion", {.path = {{"layerName", "l"}},
                               .body = R"({"Code":{"ZipFile":")" + toBase64(zip()) + "\"}}"});
  restrict(R"({"Version":"1","Statement":[
             {"Effect":"Allow","Action":"*","Resource":"*"},
             {"Effect":"Deny","Action":"*","Resource":["acs:fc:*:*:custom-domains/a.example.com",
                                                      "acs:fc:*:*:layers/l/versions/1"]}]})");

  for (const char* path : {"custom-domains/a.example.com", "custom-domains/A.Example.COM",
                           "layers/l/versions/1", "layers/l/versions/01"}) {
    EXPECT_EQ(send("GET", std::string("/2016-08-15/") + path, "some").status, 403) << path;
    EXPECT_EQ(send("DELETE", std::string("/2016-08-15/") + path, "some").status, 403) << path;
  }
}

TEST_F(AuthorizeTest, AnotherAccountsLayerHasOneNameToo) {
  const auto published = call(
      "PublishLayerVersion",
      {.path = {{"layerName", "l"}}, .body = R"({"Code":{"ZipFile":")" + toBase64(zip()) + "\"}}"});
  call("PutLayerACL", {.path = {{"layerName", "l"}}, .query = "public=true"});
  keys.put({.id = "restricted",
            .secret = "secret",
            .accountId = "2000",
            .policies = policies(R"({"Version":"1","Statement":[
                {"Effect":"Allow","Action":"*","Resource":"*"},
                {"Effect":"Deny","Action":"*",
                 "Resource":"acs:fc:cn-hangzhou:1000:layers/l/versions/1"}]})")});
  const auto get = [&](const std::string& arn, const std::string& key) {
    return send("GET", "/2016-08-15/layerarn/" + percentEncode(arn), key).status;
  };

  EXPECT_EQ(get(published.text("arn"), "other"), 200);
  for (const std::string& arn : {published.text("arn"), published.text("arnV2"),
                                 std::string("acs:fc::1000:layers/l/versions/1"),
                                 std::string("acs:fc:elsewhere:1000:layers/l/versions/1")}) {
    EXPECT_EQ(get(arn, "restricted"), 403) << arn;
  }
}

TEST_F(AuthorizeTest, ALayerHasOneNameWhateverTheWayToIt) {
  const auto published = call("PublishLayerVersion",
                              {.path = {{"layerName", "l"}},
                               .body = R"({"compatibleRuntime":["python3"],"Code":{"ZipFile":")" +
                                       toBase64(zip()) + "\"}}"});
  ASSERT_EQ(published.status(), 200) << published.message();
  createService("s");
  restrict(R"({"Version":"1","Statement":[
             {"Effect":"Allow","Action":"*","Resource":"*"},
             {"Effect":"Deny","Action":"*","Resource":"acs:fc:*:*:layers/l/*"}]})");
  const std::string refusedOn = "' on resource 'acs:fc:cn-hangzhou:1000:layers/l/versions/1'";
  const auto refused = [&](const http::Response& response) {
    return told(response).ends_with(refusedOn) ? "refused" : told(response);
  };

  EXPECT_EQ(refused(send("GET", "/2016-08-15/layers/l/versions/1", "some")), "refused");
  for (const char* member : {"arn", "arnV2"}) {
    const std::string arn = published.text(member);
    EXPECT_EQ(refused(send("GET", "/2016-08-15/layerarn/" + percentEncode(arn), "some")),
              "refused");
    EXPECT_EQ(refused(send("POST", "/2016-08-15/services/s/functions", "some",
                           functionBody("f", R"(,"layers":[")" + arn + "\"]"))),
              "refused");
  }
  EXPECT_EQ(refused(send("POST", "/2016-08-15/adminlayers/1000/l/versions/1", "some", "{}")),
            "refused");
}

TEST_F(AuthorizeTest, ConditionsSeeTheClientsAddress) {
  createService("a");
  const auto from = [](const std::string& network) {
    return R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:*","Resource":"*",
               "Condition":{"IpAddress":{"acs:SourceIp":")" +
           network + "\"}}}]}";
  };

  restrict(from("127.0.0.0/8"));
  EXPECT_EQ(send("GET", "/2016-08-15/services/a", "some").status, 200);
  restrict(from("10.0.0.0/8"));
  EXPECT_EQ(send("GET", "/2016-08-15/services/a", "some").status, 403);
}

TEST_F(AuthorizeTest, ARoleIsHandedOnByThoseWhoMayPassIt) {
  const auto create = [&](const std::string& role) {
    return told(send("POST", "/2016-08-15/services", "some",
                     R"({"serviceName":"a","role":"acs:ram::1000:role/)" + role + "\"}"));
  };
  const auto update = [&](const std::string& members) {
    return told(send("PUT", "/2016-08-15/services/a", "some", "{" + members + "}"));
  };
  const std::string refused =
      "AccessDenied: the caller is not authorized to perform 'ram:PassRole' on resource "
      "'acs:ram::1000:role/admin'";
  restrict(R"({"Version":"1","Statement":[
             {"Effect":"Allow","Action":"fc:*","Resource":"*"},
             {"Effect":"Allow","Action":"ram:PassRole","Resource":"acs:ram::*:role/reader"}]})");

  EXPECT_EQ(create("admin"), refused);
  EXPECT_EQ(create("reader"), "ok");
  EXPECT_EQ(update(R"("role":"acs:ram::1000:role/admin")"), refused);
  EXPECT_EQ(update(R"("Role":"acs:ram::1000:role/admin")"), refused);
  EXPECT_EQ(update(R"("role":"acs:ram::1000:role/reader")"), "ok");
  call("UpdateService",
       {.path = {{"serviceName", "a"}}, .body = R"({"role":"acs:ram::1000:role/admin"})"});
  EXPECT_EQ(update(R"("description":"the role stays")"), "ok");
}

TEST_F(AuthorizeTest, RefusedRequestsAreNotRead) {
  http::Request request{.method = "POST", .target = "/2016-08-15/services", .body = "{}"};
  auth::Signer("none", "secret").sign(request, clock.time);
  FakeExchange exchange(std::move(request));

  EXPECT_EQ(loop.await(pipeline.handle(exchange)).status, 403);
  EXPECT_FALSE(exchange.bodyRead);
}

}  // namespace
}  // namespace openfc::api
