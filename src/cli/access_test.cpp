#include "cli/recorder.h"
#include "cli/runner.h"

#include <boost/json.hpp>

#include <gtest/gtest.h>

namespace openfc::cli {
namespace {

namespace json = boost::json;

http::Response answering(int status, const std::string& body) {
  http::Response response{.status = status, .body = body};
  response.headers.add("Content-Type", "application/json");
  return response;
}

Ran runAgainst(const Recorder& recorder, const std::vector<std::string>& arguments,
               const std::string& input = "") {
  return runCommand(arguments, {{"OPENFC_ENDPOINT", recorder.endpoint()}}, input);
}

TEST(AccessCommands, MakeAKeyWithPoliciesFromFiles) {
  Recorder recorder([](const auto&) {
    return answering(200, R"({"accessKeySecret":"s","accessKeyId":"LTAI1","enabled":true})");
  });
  TemporaryDirectory directory;
  directory.write("read.json", R"({"Version":"1"})");

  const Ran ran = runAgainst(recorder,
                             {"key", "create", "--description", "ci", "--policy",
                              "read=@" + (directory.path() / "read.json").string(), "--policy",
                              "more=@-", "--full-access", "false"},
                             "{}");

  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_NE(ran.out.find("accessKeySecret  s\n"), std::string::npos) << ran.out;
  EXPECT_NE(ran.err.find("not shown again"), std::string::npos);
  const http::Request request = recorder.requests().at(0);
  EXPECT_EQ(request.method + " " + request.target, "POST /openfc/keys");
  EXPECT_EQ(json::parse(request.body),
            json::parse(R"({"description":"ci","fullAccess":false,)"
                        R"("policies":{"read":"{\"Version\":\"1\"}","more":"{}"}})"));
}

TEST(AccessCommands, CallTheOperationThatTheyAreNamedAfter) {
  struct Case {
    std::vector<std::string> words;
    std::string line;
    std::string body;
  };
  const Case cases[] = {
      {{"key", "list", "--limit", "2"}, "GET /openfc/keys?limit=2", ""},
      {{"key", "get", "a/b"}, "GET /openfc/keys/a%2Fb", ""},
      {{"key", "update", "k", "--description", "d"},
       "PUT /openfc/keys/k",
       R"({"description":"d"})"},
      {{"key", "enable", "k"}, "PUT /openfc/keys/k", R"({"enabled":true})"},
      {{"key", "disable", "k"}, "PUT /openfc/keys/k", R"({"enabled":false})"},
      {{"key", "rotate", "k"}, "POST /openfc/keys/k/secret", ""},
      {{"key", "delete", "k"}, "DELETE /openfc/keys/k", ""},
      {{"role", "create", "r"}, "POST /openfc/roles", R"({"roleName":"r"})"},
      {{"role", "list"}, "GET /openfc/roles", ""},
      {{"role", "get", "r"}, "GET /openfc/roles/r", ""},
      {{"role", "update", "r", "--description", "d"},
       "PUT /openfc/roles/r",
       R"({"description":"d"})"},
      {{"role", "delete", "r"}, "DELETE /openfc/roles/r", ""},
  };
  for (const Case& one : cases) {
    Recorder recorder([](const auto&) { return answering(200, R"({"keys":[],"roles":[]})"); });

    const Ran ran = runAgainst(recorder, one.words);

    ASSERT_EQ(ran.status, 0) << one.line << ran.err;
    const http::Request request = recorder.requests().at(0);
    EXPECT_EQ(request.method + " " + request.target, one.line);
    EXPECT_EQ(request.body, one.body) << one.line;
  }
}

TEST(AccessCommands, ChangeOnlyTheStateThatIsMeant) {
  Recorder recorder([](const auto&) { return http::Response{.status = 200}; });

  const Ran ran = runAgainst(recorder, {"role", "delete", "r", "--if-match", "etag"});

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(recorder.requests().at(0).headers.find("if-match"), "etag");
}

TEST(AccessCommands, RefuseWrongUsage) {
  Recorder recorder([](const auto&) { return answering(200, "{}"); });

  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"key", "create", "--policy", "read"},
        {"key", "create", "--policy", "=x"},
        {"key", "create", "--policy", "a=@-", "--policy", "a=@-"},
        {"key", "create", "--policy", "a=@/no/such/file"},
        {"key", "create", "--full-access", "yes"},
        {"key", "rotate"},
        {"role", "create"},
        {"role", "update", "r", "--full-access", "true"}}) {
    EXPECT_EQ(runAgainst(recorder, words, "{}").status, 2) << words.back();
  }
  EXPECT_EQ(recorder.requests().size(), 0u);
}

TEST(AccessCommands, TellWhatTheServerRefused) {
  Recorder recorder([](const auto&) {
    return answering(403, R"({"ErrorCode":"AccessDenied","ErrorMessage":"no"})");
  });

  const Ran ran = runAgainst(recorder, {"key", "list"});

  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("AccessDenied: no"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace openfc::cli
