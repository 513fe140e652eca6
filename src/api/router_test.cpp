#include "api/router.h"

#include "api/operations.h"
#include "base/error.h"

#include <gtest/gtest.h>

#include <set>

namespace openfc::api {
namespace {

struct Case {
  std::string_view method;
  std::string_view path;
  std::string_view operation;  // "" = not supported
  PathParameters parameters;
};

class Routing : public testing::TestWithParam<Case> {};

TEST_P(Routing, FindsTheOperation) {
  const Case& expected = GetParam();

  const std::optional<Route> route = routeOf(expected.method, expected.path);

  ASSERT_EQ(route.has_value(), !expected.operation.empty());
  if (!route) return;
  EXPECT_EQ(route->operation.name, expected.operation);
  EXPECT_EQ(route->path, expected.parameters);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Routing,
    testing::Values(
        Case{"GET", "/2016-08-15/services", "ListServices", {}},
        Case{"GET", "/2016-08-15/services/", "ListServices", {}},
        Case{"POST", "/2016-08-15/services", "CreateService", {}},
        Case{"GET", "/2016-08-15/services/s", "GetService", {{"serviceName", "s"}}},
        Case{"GET",
             "/2016-08-15/services/s.1",
             "GetService",
             {{"serviceName", "s"}, {"qualifier", "1"}}},
        Case{"GET",
             "/2016-08-15/services/s.",
             "GetService",
             {{"serviceName", "s"}, {"qualifier", ""}}},
        Case{"GET",
             "/2016-08-15/services/s.a.b",
             "GetService",
             {{"serviceName", "s"}, {"qualifier", "a.b"}}},
        Case{"GET", "/2016-08-15/services/a%2Fb", "GetService", {{"serviceName", "a/b"}}},
        Case{"GET", "/2016-08-15/%73ervices/s", "GetService", {{"serviceName", "s"}}},
        Case{"GET", "/2016-08-15/services/a+b", "GetService", {{"serviceName", "a+b"}}},
        Case{"POST",
             "/2016-08-15/services/s.prod/functions/f/invocations",
             "InvokeFunction",
             {{"serviceName", "s"}, {"qualifier", "prod"}, {"functionName", "f"}}},
        Case{"POST",
             "/2016-08-15/services/s/functions/f",
             "InvokeFunction",
             {{"serviceName", "s"}, {"functionName", "f"}}},
        Case{"GET",
             "/2016-08-15/services/s/functions/f.g",
             "GetFunction",
             {{"serviceName", "s"}, {"functionName", "f.g"}}},
        Case{"GET", "/openfc/code/abc", "DownloadCode", {{"digest", "abc"}}},
        Case{"GET", "/openapi.json", "GetOpenApi", {}},
        Case{"PATCH", "/2016-08-15/services", "", {}}, Case{"get", "/2016-08-15/services", "", {}},
        Case{"GET", "/services", "", {}}, Case{"GET", "/2016-08-15", "", {}},
        Case{"GET", "/", "", {}}, Case{"GET", "", "", {}},
        Case{"GET", "/2016-08-15services", "", {}}, Case{"GET", "/2016-08-15//services", "", {}},
        Case{"GET", "/2016-08-15/services//", "", {}},
        Case{"GET", "/2016-08-15/services/s//functions", "", {}},
        Case{"GET", "/2016-08-15/services/s/functions/f/code/x", "", {}},
        Case{"GET", "/2016-08-15/openapi.json", "", {}},
        Case{"GET", "/2016-08-15/services%2Fs", "", {}}, Case{"OPTIONS", "*", "", {}}));

TEST(Operations, HaveMethodAndPathOnlyOnce) {
  std::set<std::pair<std::string_view, std::string>> seen;

  for (const Operation& operation : operations()) {
    EXPECT_TRUE(seen.emplace(operation.method, fullPath(operation)).second) << operation.name;
  }
}

TEST(Operations, KnowWhatTheyTake) {
  EXPECT_TRUE(takesQualifier(*findOperation("InvokeFunction")));
  EXPECT_FALSE(takesQualifier(*findOperation("UpdateFunction")));
  EXPECT_TRUE(readsBody(*findOperation("CreateFunction")));
  EXPECT_FALSE(readsBody(*findOperation("InvokeFunction")));
  EXPECT_EQ(findOperation("Nothing"), nullptr);
}

TEST(Routing, RefusesAnInvalidEscapeAsABadArgument) {
  for (const char* path : {"/2016-08-15/services/%zz", "/2016-08-15/services/%4", "/%"}) {
    try {
      routeOf("GET", path);
      FAIL() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::invalidArgument) << path;
    }
  }
}

}  // namespace
}  // namespace openfc::api
