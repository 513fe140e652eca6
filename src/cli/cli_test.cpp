#include "cli/cli.h"

#include "base/encoding.h"
#include "cli/recorder.h"
#include "cli/runner.h"

#include <boost/json.hpp>

#include <gtest/gtest.h>

#include <algorithm>

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
           {"nonsense"},
           {"help", "nonsense"},
           {"version", "nonsense"},
           {"function", "create", "--memory"},
           {"-o", "json", "serve"},
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
  EXPECT_EQ(runCommand({"role"}, {}).err,
            "openfc: role: name what to do: create, list, get, update, delete\n"
            "see: openfc help role\n");
  EXPECT_NE(runCommand({"function", "get", "--help"}, {}).out.find("openfc function get"),
            std::string::npos);
}

TEST(Cli, TellsTheCommandThatWasMeant) {
  const std::pair<std::vector<std::string>, const char*> cases[] = {
      {{"depoly", "."}, "openfc: unknown command 'depoly', did you mean 'deploy'?"},
      {{"function", "udpate"},
       "openfc: function: unknown command 'udpate', did you mean 'update'?"},
      {{"api", "GetServise"},
       "openfc: api: unknown command 'GetServise', did you mean 'GetService'?"},
      {{"invoke", "f", "--evnt", "x"}, "openfc: unknown flag '--evnt', did you mean '--event'?"},
  };
  for (const auto& [arguments, told] : cases) {
    const Ran ran = runCommand(arguments, {});
    EXPECT_EQ(ran.status, 2);
    EXPECT_TRUE(ran.err.starts_with(std::string(told) + "\n")) << ran.err;
  }
}

TEST(Cli, PrintsHelpWithExamples) {
  const Ran bare = runCommand({}, {});
  const Ran invoke = runCommand({"help", "invoke"}, {});
  const Ran group = runCommand({"help", "function"}, {});

  EXPECT_EQ(bare.status, 0);
  for (const char* part : {"Commands:", "deploy", "Examples:", "openfc invoke", "@FILE"})
    EXPECT_NE(bare.out.find(part), std::string::npos) << bare.out;
  EXPECT_EQ(bare.out, runCommand({"help"}, {}).out);
  EXPECT_EQ(invoke.status, 0);
  EXPECT_NE(invoke.out.find("openfc invoke SERVICE/FUNCTION [flags]"), std::string::npos);
  EXPECT_NE(invoke.out.find("Examples:\n  openfc invoke default/hello"), std::string::npos);
  EXPECT_NE(group.out.find("Change a function"), std::string::npos) << group.out;
  EXPECT_EQ(runCommand({"help", "serve"}, {}).status, 41);
}

TEST(Cli, TakesTheFlagsOfEveryCommandAnywhere) {
  Recorder recorder([](const auto&) { return jsonAnswer(200, R"({"services":[]})"); });
  const std::string endpoint = recorder.endpoint();
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--endpoint", endpoint, "service", "list", "-o", "json"},
           {"service", "--endpoint", endpoint, "-ojson", "list"},
           {"service", "list", "--output=json", "--endpoint=" + endpoint}}) {
    const Ran ran = runCommand(arguments, {});

    EXPECT_EQ(ran.status, 0) << ran.err;
    EXPECT_EQ(json::parse(ran.out), json::parse(R"({"services":[]})"));
  }
}

TEST(Cli, SwitchesNeedNoValue) {
  Recorder recorder([](const auto&) { return jsonAnswer(200, "{}"); });

  runAgainst(recorder, {"service", "update", "s", "--internetAccess"});
  runAgainst(recorder, {"service", "update", "s", "--internetAccess", "false"});
  runAgainst(recorder, {"service", "update", "--internetAccess", "s"});
  runAgainst(recorder, {"api", "UpdateService", "--serviceName", "s", "--internetAccess"});

  const auto& requests = recorder.requests();
  ASSERT_EQ(requests.size(), 4u);
  for (const std::size_t i : {0u, 2u, 3u})
    EXPECT_EQ(json::parse(requests[i].body), json::parse(R"({"internetAccess":true})")) << i;
  EXPECT_EQ(json::parse(requests[1].body), json::parse(R"({"internetAccess":false})"));
}

TEST(Cli, TellsErrorsAsJsonToPrograms) {
  Recorder recorder([](const auto&) {
    return jsonAnswer(404, R"({"ErrorCode":"ServiceNotFound","ErrorMessage":"no service 's'"})");
  });

  const Ran api = runAgainst(recorder, {"service", "get", "s", "-o", "json"});
  const Ran usage = runCommand({"-o", "json", "depoly"}, {});
  const Ran nobody =
      runCommand({"service", "list", "-o", "json"}, {{"OPENFC_ENDPOINT", "http://127.0.0.1:1"}});

  EXPECT_EQ(json::parse(api.err),
            json::parse(R"({"message":"no service 's'","code":"ServiceNotFound","status":404,
                            "requestId":"11111111-2222-3333-4444-555555555555"})"));
  EXPECT_EQ(json::parse(usage.err).at("message").as_string(),
            "unknown command 'depoly', did you mean 'deploy'?");
  EXPECT_TRUE(json::parse(nobody.err).as_object().contains("hint")) << nobody.err;
}

TEST(Cli, IsQuiet) {
  Recorder recorder(
      [](const auto&) { return jsonAnswer(200, R"({"services":[],"nextToken":"b"})"); });

  EXPECT_EQ(runAgainst(recorder, {"service", "list", "-q"}).err, "");
  const Ran nobody =
      runCommand({"-q", "service", "list"}, {{"OPENFC_ENDPOINT", "http://127.0.0.1:1"}});
  EXPECT_EQ(std::ranges::count(nobody.err, '\n'), 1) << nobody.err;
  EXPECT_EQ(runCommand({"-q", "depoly"}, {}).err,
            "openfc: unknown command 'depoly', did you mean 'deploy'?\n");
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
      runAgainst(recorder, {"service", "create", "s", "--json", "@-", "--description", "flag"},
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

TEST(Cli, UpdatesFunctionsWithTheFlagsOfDeploy) {
  Recorder recorder([](const auto&) { return jsonAnswer(200, "{}"); });

  const Ran ran = runAgainst(recorder, {"function", "update", "s/f", "-m256", "-t", "5", "-c", "2",
                                        "-e", "A=1=2", "--handler", "h"});

  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(json::parse(recorder.requests().at(0).body),
            json::parse(R"({"memorySize":256,"timeout":5,"instanceConcurrency":2,"handler":"h",
                            "environmentVariables":{"A":"1=2"}})"));
}

TEST(Cli, TakesStructuredFieldsFromFiles) {
  const TemporaryDirectory directory;
  directory.write("vpc.json", R"({"vpcId":"v"})");
  Recorder recorder([](const auto&) { return jsonAnswer(200, "{}"); });

  const Ran ran = runAgainst(recorder, {"service", "update", "s", "--vpcConfig",
                                        "@" + (directory.path() / "vpc.json").string()});

  ASSERT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(json::parse(recorder.requests().at(0).body).at("vpcConfig").at("vpcId"), "v");
}

std::string wordsFor(const std::vector<std::string>& line) {
  std::vector<std::string> arguments = {"completion", "words", "--"};
  arguments.insert(arguments.end(), line.begin(), line.end());
  return runCommand(arguments, {}).out;
}

TEST(Cli, CompletesEachCommandsOwnFlags) {
  const std::string deploy = wordsFor({"deploy", ".", "--"});
  const std::string create = wordsFor({"--endpoint", "http://h", "function", "create", "--e"});

  EXPECT_NE(deploy.find("--exclude\n"), std::string::npos) << deploy;
  EXPECT_NE(deploy.find("--endpoint\n"), std::string::npos);
  EXPECT_EQ(deploy.find("--if-match"), std::string::npos);
  EXPECT_EQ(create, "--environmentVariables\n--env\n--exclude\n--endpoint\n");
  EXPECT_EQ(wordsFor({"function", "de"}), "delete\n");
  EXPECT_EQ(wordsFor({"dep"}), "deploy\n");
  EXPECT_EQ(wordsFor({"deploy", "--env", ""}), "");  // a value: the shell offers files
}

TEST(Cli, CompletesInEveryShell) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const Ran ran = runCommand({"completion", shell}, {});

    EXPECT_EQ(ran.status, 0);
    EXPECT_NE(ran.out.find("openfc completion words -- "), std::string::npos) << shell;
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
