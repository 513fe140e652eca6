#include "cli/cli.h"

#include "base/encoding.h"
#include "cli/recorder.h"
#include "cli/runner.h"

#include <boost/json.hpp>

#include <gtest/gtest.h>

namespace openfc::cli {
namespace {

namespace json = boost::json;

http::Response jsonAnswer(int status, std::string body) {
  http::Response response{.status = status, .body = std::move(body)};
  response.headers.add("Content-Type", "application/json");
  response.headers.add("X-Fc-Request-Id", "11111111-2222-3333-4444-555555555555");
  return response;
}

Ran runAgainst(Recorder& recorder, const std::vector<std::string>& arguments,
               std::string input = "") {
  return runCommand(arguments, {{"OPENFC_ENDPOINT", recorder.endpoint()}}, std::move(input));
}

TEST(Cli, HandsServeToItsHook) { EXPECT_EQ(runCommand({"serve", "--listen", "x"}, {}).status, 42); }

TEST(Cli, RefusesWhatItDoesNotKnowWithStatus2) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"nonsense"},
           {"invoke"},
           {"invoke", "f", "--nonsense"},
           {"function"},
           {"invoke", "a/b/c"},
           {"invoke", "f", "-o", "xml"},
           {"logs", "f", "--since", "yesterday"},
           {"completion", "tcsh"},
           {"deploy", "/nonexistent"},
           {"service", "update", "s", "--internetAccess", "maybe"}}) {
    const Ran ran = runCommand(arguments, {{"OPENFC_ENDPOINT", "http://127.0.0.1:1"}});

    EXPECT_EQ(ran.status, 2) << ran.err;
    EXPECT_NE(ran.err, "");
  }
}

TEST(Cli, ShowsHelpOnStandardOutput) {
  const Ran ran = runCommand({"function", "create", "--help"}, {});

  EXPECT_EQ(ran.status, 0);
  EXPECT_NE(ran.out.find("--memorySize"), std::string::npos) << ran.out;
}

TEST(Cli, SaysWhereHelpIs) {
  EXPECT_EQ(runCommand({"function"}, {}).err,
            "openfc: function: name what to do\nsee: openfc function --help\n");
  EXPECT_NE(runCommand({"function", "get", "--help"}, {}).out.find("openfc function get"),
            std::string::npos);
}

TEST(Cli, SaysStatus4WhenNobodyAnswers) {
  const Ran ran = runCommand({"service", "list"}, {{"OPENFC_ENDPOINT", "http://127.0.0.1:1"}});

  EXPECT_EQ(ran.status, 4);
  EXPECT_NE(ran.err.find("http://127.0.0.1:1"), std::string::npos);
}

TEST(Cli, SaysStatus3AndTheServersWordsForAnApiError) {
  Recorder recorder([](const auto&) {
    return jsonAnswer(
        404, R"({"ErrorCode":"ServiceNotFound","ErrorMessage":"service 's' does not exist"})");
  });

  const Ran ran = runAgainst(recorder, {"service", "get", "s"});

  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(ran.err,
            "openfc: ServiceNotFound: service 's' does not exist (request "
            "11111111-2222-3333-4444-555555555555)\n");
}

TEST(Cli, PrefersFlagsToTheEnvironment) {
  Recorder recorder([](const auto&) { return jsonAnswer(200, "{}"); });

  const Ran ran = runCommand({"service", "list", "--endpoint", recorder.endpoint() + "/"},
                             {{"OPENFC_ENDPOINT", "http://127.0.0.1:1"}});

  EXPECT_EQ(ran.status, 0) << ran.err;
}

TEST(Cli, SendsFieldsWithTheirTypes) {
  Recorder recorder([](const auto&) { return jsonAnswer(200, R"({"functionName":"f"})"); });

  const Ran ran = runAgainst(
      recorder, {"function", "update", "s/f", "--memorySize", "256", "--environmentVariables",
                 R"({"A":"1"})", "--description", "x", "--if-match", "etag"});

  ASSERT_EQ(ran.status, 0) << ran.err;
  const http::Request request = recorder.requests().at(0);
  EXPECT_EQ(request.method + " " + request.target, "PUT /2016-08-15/services/s/functions/f");
  EXPECT_EQ(request.headers.find("if-match"), "etag");
  EXPECT_EQ(
      json::parse(request.body),
      json::parse(R"({"description":"x","memorySize":256,"environmentVariables":{"A":"1"}})"));
  EXPECT_EQ(ran.out, "functionName  f\n");
}

TEST(Cli, TakesTheBodyFromAFileAndLetsFlagsWin) {
  Recorder recorder([](const auto&) { return jsonAnswer(200, "{}"); });

  const Ran ran =
      runAgainst(recorder, {"service", "create", "s", "--json", "-", "--description", "flag"},
                 R"({"description":"file","role":"r"})");

  ASSERT_EQ(ran.status, 0) << ran.err;
  const http::Request request = recorder.requests().at(0);
  EXPECT_EQ(request.target, "/2016-08-15/services");
  EXPECT_EQ(json::parse(request.body),
            json::parse(R"({"description":"flag","role":"r","serviceName":"s"})"));
}

TEST(Cli, ListsAsATableOrAsJson) {
  const char* body = R"({"services":[{"serviceName":"a","description":"first"}],"nextToken":"b"})";
  Recorder recorder([&](const auto&) { return jsonAnswer(200, body); });

  const Ran text = runAgainst(recorder, {"service", "list", "--limit", "1", "--prefix", "a b"});
  const Ran structured = runAgainst(recorder, {"service", "list", "-o", "json"});

  EXPECT_EQ(text.out, "SERVICENAME  DESCRIPTION  LASTMODIFIEDTIME\na            first        -\n");
  EXPECT_EQ(text.err, "more: --nextToken b\n");
  EXPECT_EQ(json::parse(structured.out), json::parse(body));
  EXPECT_EQ(recorder.requests().at(0).target, "/2016-08-15/services?prefix=a%20b&limit=1");
}

TEST(Cli, PrintsNothingForADeletion) {
  Recorder recorder([](const auto&) { return http::Response{.status = 204}; });

  const Ran ran = runAgainst(recorder, {"function", "delete", "s/f"});

  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out + ran.err, "");
}

TEST(Cli, CallsAnyOperationWithItsFieldsAsFlags) {
  Recorder recorder([](const auto&) { return jsonAnswer(200, R"({"functionName":"f"})"); });

  const Ran ran =
      runAgainst(recorder, {"api", "UpdateFunction", "--serviceName", "s", "--functionName", "f g",
                            "--memorySize", "256", "--layers", "a,b", "--If-Match", "etag",
                            "--body", R"({"memorySize":128,"handler":"h"})", "-v"});

  ASSERT_EQ(ran.status, 0) << ran.err;
  const http::Request request = recorder.requests().at(0);
  EXPECT_EQ(request.method + " " + request.target, "PUT /2016-08-15/services/s/functions/f%20g");
  EXPECT_EQ(request.headers.find("if-match"), "etag");
  EXPECT_EQ(json::parse(request.body),
            json::parse(R"({"memorySize":256,"handler":"h","layers":["a","b"]})"));
  EXPECT_EQ(json::parse(ran.out), json::parse(R"({"functionName":"f"})"));
  EXPECT_NE(ran.err.find("HTTP 200"), std::string::npos);
}

TEST(Cli, SendsBytesAndQualifiersToInvokeFunction) {
  Recorder recorder([](const auto&) { return http::Response{.status = 200, .body = "out"}; });

  const Ran ran = runAgainst(recorder,
                             {"api", "InvokeFunction", "--serviceName", "s", "--functionName", "f",
                              "--qualifier", "prod", "--body", "@-"},
                             "event");

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out, "out");
  const http::Request request = recorder.requests().at(0);
  EXPECT_EQ(request.target, "/2016-08-15/services/s.prod/functions/f/invocations");
  EXPECT_EQ(request.body, "event");
}

TEST(Cli, RefusesAnOperationWithoutItsPath) {
  EXPECT_EQ(runCommand({"api", "GetFunction", "--serviceName", "s"}, {}).status, 2);
  EXPECT_EQ(runCommand({"api", "NoSuchOperation"}, {}).status, 2);
}

TEST(Cli, TellsItsVersion) {
  EXPECT_EQ(runCommand({"--version"}, {}).out.substr(0, 9), "openfc 0.");
  EXPECT_TRUE(
      json::parse(runCommand({"version", "-o", "json"}, {}).out).as_object().contains("commit"));
}

TEST(Cli, CompletesCommandsInEveryShell) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Ran ran = runCommand({"completion", shell}, {});

    EXPECT_EQ(ran.status, 0);
    EXPECT_NE(ran.out.find("environmentVariables"), std::string::npos) << shell;
  }
}

TEST(Cli, SignsRequestsForCurl) {
  const Ran ran = runCommand(
      {"sign", "POST", "/2016-08-15/services", "-d", "it's", "-H", "X-Fc-Log-Type: Tail"}, {});

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_TRUE(ran.out.starts_with("curl -sS -X POST -H 'X-Fc-Log-Type: Tail' -H 'Content-Type: "))
      << ran.out;
  EXPECT_NE(ran.out.find("Authorization: FC openfc-development-key:"), std::string::npos);
  EXPECT_TRUE(
      ran.out.ends_with("--data-binary 'it'\\''s' 'http://127.0.0.1:8016/2016-08-15/services'\n"))
      << ran.out;
}

TEST(Cli, DoctorNamesAFeatureForEachCheck) {
  const Ran ran = runCommand({"doctor", "-o", "json"}, {});

  const json::array findings = json::parse(ran.out).as_array();
  EXPECT_GE(findings.size(), 10u);
  for (const json::value& finding : findings)
    EXPECT_FALSE(finding.at("feature").as_string().empty());
}

}  // namespace
}  // namespace openfc::cli
