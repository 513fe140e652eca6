#include "model/custom_domain.h"

#include <gtest/gtest.h>

namespace openfc::model {
namespace {

TEST(DomainName, HasLabelsAndADot) {
  for (const char* name :
       {"example.com", "a.b.example.com", "*.example.com", "a_b.example.com", "1.example.com",
        "pythonSDK.cn-hangzhou.1000.cname-test.fc.aliyun-inc.com", "a.b"}) {
    EXPECT_TRUE(domainPattern.matches(name)) << name;
  }
  for (const char* name : {"", "localhost", "example.com.", ".example.com", "a..b", "a b.com",
                           "a/b.com", "a.*.com", "*.*.com", "*", "*.com", "-a.com", "a-.com",
                           "127.0.0.1", "[::1]", "a.com:80", "münchen.de"}) {
    EXPECT_FALSE(domainPattern.matches(name)) << name;
  }
  EXPECT_TRUE(domainPattern.matches(std::string(63, 'a') + ".com"));
  EXPECT_FALSE(domainPattern.matches(std::string(64, 'a') + ".com"));
}

TEST(Host, IsWhatTheHeaderNames) {
  EXPECT_EQ(hostOf("Example.COM"), "example.com");
  EXPECT_EQ(hostOf("example.com:8016"), "example.com");
  EXPECT_EQ(hostOf("example.com."), "example.com");
  EXPECT_EQ(hostOf("example.com.:80"), "example.com");
  EXPECT_EQ(hostOf("[::1]:80"), "[::1]");
  EXPECT_EQ(hostOf("[::1]"), "[::1]");
  EXPECT_EQ(hostOf(""), "");
}

TEST(Host, IsServedByItsDomainOrOneForAllBesideIt) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(domainNamesFor("A.example.com:80"), (Names{"a.example.com", "*.example.com"}));
  EXPECT_EQ(domainNamesFor("localhost"), Names{"localhost"});
  EXPECT_EQ(domainNamesFor(".com"), Names{".com"});
}

PathConfig route(std::string path, std::string function,
                 std::optional<std::vector<std::string>> methods = {}) {
  PathConfig out;
  out.path = std::move(path);
  out.functionName = std::move(function);
  out.methods = std::move(methods);
  return out;
}

struct RouteCase {
  const char* path;
  const char* method;
  const char* function;  // "" = no route
  bool allowed = true;
};

TEST(Routes, AreTakenByPathThenMethod) {
  const RouteConfig config{{
      route("/login/*", "login"),
      route("/login/admin/*", "admin"),
      route("/login/admin/exact", "exact"),
      route("/a", "a"),
      route("/star*", "star"),
      route("/m", "reads", {{"GET", "HEAD"}}),
      route("/m", "writes", {{"POST"}}),
      route("/w/*", "first", {{"GET"}}),
      route("/w/*", "second", {{"POST"}}),
      route("/w/*", "third"),
      route("/empty", "empty", {std::vector<std::string>{}}),
  }};
  for (const RouteCase& it : std::initializer_list<RouteCase>{
           {"/a", "GET", "a"},
           {"/a/", "GET", ""},
           {"/A", "GET", ""},
           {"/login/x", "GET", "login"},
           {"/login/", "GET", "login"},
           {"/login", "GET", ""},
           {"/login/admin/x", "GET", "admin"},
           {"/login/admin", "GET", "login"},
           {"/login/admin/exact", "GET", "exact"},
           {"/login/admin/exact/", "GET", "admin"},
           {"/star", "GET", "star"},
           {"/stars/x", "GET", "star"},
           {"/m", "HEAD", "reads"},
           {"/m", "POST", "writes"},
           {"/m", "PUT", "reads", false},
           {"/w/x", "GET", "first"},
           {"/w/x", "POST", "second"},
           {"/w/x", "DELETE", "third"},
           {"/empty", "PATCH", "empty"},
           {"/", "GET", ""},
           {"", "GET", ""},
       }) {
    const PathConfig* found = routeFor(config, it.path, it.method);
    EXPECT_EQ(found == nullptr ? "" : found->functionName, it.function) << it.method << it.path;
    if (found != nullptr) {
      EXPECT_EQ(found->allows(it.method), it.allowed) << it.method << it.path;
    }
  }
}

TEST(Routes, MayCatchAll) {
  const RouteConfig config{{route("/*", "all"), route("/a*", "a"), route("/a", "exact")}};
  EXPECT_EQ(routeFor(config, "/", "GET")->functionName, "all");
  EXPECT_EQ(routeFor(config, "/x/y", "GET")->functionName, "all");
  EXPECT_EQ(routeFor(config, "/ab", "GET")->functionName, "a");
  EXPECT_EQ(routeFor(config, "/a", "GET")->functionName, "exact");
  EXPECT_EQ(routeFor({}, "/", "GET"), nullptr);
}

TEST(Routes, HaveStarsAtTheirEndOnly) {
  for (const char* path : {"/", "/*", "/a/b*", "/%20", "/中文/*"}) {
    EXPECT_NO_THROW(schema::fromText<PathConfig>(
        std::string(R"({"serviceName":"s","functionName":"f","path":")") + path + "\"}"))
        << path;
  }
  for (const char* path : {"", "a", "*", "/*/a", "/**", "/a b", "/a?b=1"}) {
    EXPECT_ANY_THROW(schema::fromText<PathConfig>(
        std::string(R"({"serviceName":"s","functionName":"f","path":")") + path + "\"}"))
        << path;
  }
}

TEST(CertConfig, ShowsItsKeyToTheStoreOnly) {
  CertConfig config{.certName = "n", .certificate = "c", .privateKey = "secret", .expiryTime = {}};
  EXPECT_EQ(schema::toText(config), R"({"certName":"n","certificate":"c","privateKey":null})");
  EXPECT_EQ(fromDocument<CertConfig>(toDocument(config)), config);
}

}  // namespace
}  // namespace openfc::model
