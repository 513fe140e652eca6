#include "runtime/spawned_test.h"

#include <boost/json.hpp>

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace openfc::runtime {
namespace {

namespace json = boost::json;
using testing::bodyOf;
using testing::function;
using testing::Guest;
using testing::Way;

const std::string folder = testing::sourcePath("tests/functions/runtime");

/// Every kind of variable that a pre-warmed process can be given late.
const std::vector<std::pair<std::string, Environment>> lateCases = {
    {"nothing", {}},
    {"own", {{"GREETING", "hi"}, {"EMPTY", ""}}},
    {"zone", {{"TZ", "Asia/Shanghai"}}},
    {"paths", {{"PATH", "/code/bin:/usr/bin:/bin"}, {"HOME", "/tmp/home"}}},
    {"same defaults",
     {{"LANG", "C.UTF-8"}, {"LD_LIBRARY_PATH", "/code:/code/lib:/usr/local/lib:/opt/lib"}}},
    {"python paths",
     {{"PYTHONPATH", folder + "/nested"}, {"PYTHONUSERBASE", folder + "/user_base"}}},
    {"node path", {{"NODE_PATH", folder + "/node_path"}, {"NODE_ENV", "production"}}},
};

std::string seenBy(const std::string& runtime, const std::string& handler, const Environment& user,
                   Way way) {
  Configuration configuration = function(runtime, handler);
  configuration.environment = user;
  Guest guest(configuration, way);
  return bodyOf(guest.answer(""));
}

json::value sorted(const json::value& value) {
  if (!value.is_object()) return value;
  std::map<std::string, json::value> ordered;
  for (const auto& [name, member] : value.get_object()) ordered.emplace(name, sorted(member));
  return json::value(json::object(ordered.begin(), ordered.end()));
}

/// The order of variables is no promise.
std::multiset<std::string> linesOf(const std::string& text) {
  if (text.starts_with('{')) return {json::serialize(sorted(json::parse(text)))};
  std::multiset<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.insert(line);
  return lines;
}

TEST(Environment, IsTheSameInAPooledPythonAsInOneOfItsOwn) {
  for (const auto& [name, user] : lateCases) {
    if (needsOwnStart("python3", user)) continue;
    for (const auto* handler : {"py_cases.describe", "py_cases.environment_of_a_child"}) {
      const std::string pooled = seenBy("python3", handler, user, Way::pooled);
      const std::string copied = seenBy("python3", handler, user, Way::copied);
      const std::string own = seenBy("python3", handler, user, Way::own);
      EXPECT_EQ(linesOf(pooled), linesOf(own)) << name << " " << handler;
      EXPECT_EQ(linesOf(copied), linesOf(own)) << name << " " << handler;
      EXPECT_FALSE(pooled.starts_with("failure")) << pooled;
    }
  }
}

TEST(Environment, IsTheSameInAPooledNodeAsInOneOfItsOwn) {
  for (const auto& [name, user] : lateCases) {
    if (needsOwnStart("nodejs14", user)) continue;
    for (const auto* handler : {"js_cases.describe", "js_cases.environmentOfAChild"}) {
      const std::string pooled = seenBy("nodejs14", handler, user, Way::pooled);
      const std::string own = seenBy("nodejs14", handler, user, Way::own);
      EXPECT_EQ(linesOf(pooled), linesOf(own)) << name << " " << handler;
      EXPECT_FALSE(pooled.starts_with("failure")) << pooled;
    }
  }
}

TEST(Environment, IsWhatTheContractSays) {
  Configuration configuration = function("python3", "py_cases.describe");
  configuration.environment = {{"TZ", "Asia/Shanghai"}, {"PYTHONPATH", "/elsewhere"}};
  Guest guest(configuration);

  const json::value seen = json::parse(bodyOf(guest.answer("")));

  json::object expected;
  for (const auto& [name, value] : environmentOf(configuration)) expected[name] = value;
  EXPECT_EQ(seen.at("environment"), json::value(expected));
  EXPECT_EQ(seen.at("cwd").as_string(), folder);
  EXPECT_EQ(seen.at("zone").as_string(), "CST");
  const json::array& path = seen.at("path").as_array();
  EXPECT_EQ(path[0], json::value(folder));
  EXPECT_EQ(path[1], json::value("/elsewhere"));
  EXPECT_EQ(path[2], json::value("/opt/python"));
}

TEST(Environment, OfTheStartWorksInAProcessOfItsOwn) {
  struct Case {
    std::string runtime;
    std::string handler;
    Environment user;
    std::string answer;
  };
  const Case cases[] = {
      {"python3", "py_cases.optimized", {{"PYTHONOPTIMIZE", "1"}}, "1"},
      {"python3", "py_cases.hash_of_a", {{"PYTHONHASHSEED", "0"}}, "4644417185603328019"},
      {"nodejs14", "js_cases.heapIsSmall", {{"NODE_OPTIONS", "--max-old-space-size=64"}}, "true"},
  };

  for (const Case& one : cases) {
    EXPECT_TRUE(needsOwnStart(one.runtime, one.user));
    EXPECT_EQ(seenBy(one.runtime, one.handler, one.user, Way::own), one.answer) << one.handler;
  }
}

TEST(Context, HoldsEveryFieldOfTheCallInBothLanguages) {
  for (const auto& [runtime, handler] :
       {std::pair("python3", "py_cases.describe"), {"nodejs14", "js_cases.describe"}}) {
    Configuration configuration = function(runtime, handler);
    configuration.logProject = "project";
    configuration.logStore = "store";
    configuration.versionId = "3";
    configuration.jaegerEndpoint = "http://jaeger";
    Guest guest(configuration);
    guest.load();
    Call one = testing::call("", "the-id");
    one.credentials = {.accessKeyId = "key", .accessKeySecret = "secret", .securityToken = "token"};
    one.retryCount = 2;
    one.qualifier = "prod";
    one.spanContext = "a:b:0:1";
    one.baggage = {{"k", "\u4e2d"}};

    const json::value seen = json::parse(bodyOf(guest.invoke(one))).at("context");

    EXPECT_EQ(seen.at("requestId"), "the-id");
    EXPECT_EQ(seen.at("credentials"), json::value({{"accessKeyId", "key"},
                                                   {"accessKeySecret", "secret"},
                                                   {"securityToken", "token"}}));
    EXPECT_EQ(seen.at("function").at("name"), "fn");
    EXPECT_EQ(seen.at("function").at("handler").as_string(), handler);
    EXPECT_EQ(seen.at("function").at("memory"), 128);
    EXPECT_EQ(seen.at("function").at("timeout"), 60);
    EXPECT_EQ(seen.at("service"), json::value({{"name", "svc"},
                                               {"logProject", "project"},
                                               {"logStore", "store"},
                                               {"qualifier", "prod"},
                                               {"versionId", "3"}}));
    EXPECT_EQ(seen.at("region"), "cn-hangzhou");
    EXPECT_EQ(seen.at("accountId"), "1234567890");
    EXPECT_EQ(seen.at("retryCount"), 2);
    EXPECT_EQ(seen.at("tracing"), json::value({{"openTracingSpanContext", "a:b:0:1"},
                                               {"openTracingSpanBaggages", {{"k", "\u4e2d"}}},
                                               {"jaegerEndpoint", "http://jaeger"}}));
  }
}

}  // namespace
}  // namespace openfc::runtime
