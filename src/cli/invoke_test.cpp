#include "base/encoding.h"
#include "cli/recorder.h"
#include "cli/runner.h"

#include <boost/json.hpp>

#include <gtest/gtest.h>

namespace openfc::cli {
namespace {

namespace json = boost::json;

http::Response answer(std::string body,
                      const std::vector<std::pair<std::string, std::string>>& headers) {
  http::Response response{.body = std::move(body)};
  response.headers.add("X-Fc-Request-Id", "rid");
  response.headers.add("X-Fc-Invocation-Duration", "12.30");
  response.headers.add("X-Fc-Max-Memory-Usage", "34.50");
  for (const auto& [name, value] : headers) response.headers.add(name, value);
  return response;
}

TEST(Invoke, PrintsTheResultAsItIsAndTheLogOnStandardError) {
  const std::string log =
      "FC Invoke Start RequestId: rid\nhello\nFC Invoke End RequestId: rid\n"
      "Duration: 12.30 ms, Billed Duration: 13 ms, Memory Size: 128 MB, Max Memory Used: 34.50 "
      "MB\n";
  Recorder recorder(
      [&](const auto&) { return answer("\"ok\"", {{"X-Fc-Log-Result", toBase64(log)}}); });

  const Ran ran =
      runCommand({"invoke", "s.prod/f", "-e", "{}", "--endpoint", recorder.endpoint()}, {});

  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out, "\"ok\"");
  const auto duration = log.find("Duration:");
  EXPECT_EQ(ran.err, log.substr(0, duration) + "RequestId: rid " + log.substr(duration));
  const http::Request request = recorder.requests().at(0);
  EXPECT_EQ(request.method + " " + request.target,
            "POST /2016-08-15/services/s.prod/functions/f/invocations");
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.headers.find("x-fc-log-type"), "Tail");
}

TEST(Invoke, MakesTheSummaryThatTheLogLacks) {
  Recorder recorder([](const http::Request& request) {
    if (request.method == "GET") return http::Response{.body = R"({"memorySize":256})"};
    return answer("", {});
  });

  const Ran ran =
      runCommand({"invoke", "f", "--qualifier", "2", "--endpoint", recorder.endpoint()}, {});

  EXPECT_EQ(ran.err,
            "RequestId: rid Duration: 12.30 ms, Billed Duration: 13 ms, Memory Size: 256 MB, "
            "Max Memory Used: 34.50 MB\n");
  EXPECT_EQ(recorder.requests().at(0).target,
            "/2016-08-15/services/default.2/functions/f/invocations");
}

TEST(Invoke, EndsWithStatus1WhenTheFunctionFails) {
  Recorder recorder([](const auto&) {
    return answer(R"({"errorMessage":"no"})", {{"X-Fc-Error-Type", "UnhandledInvocationError"}});
  });

  const Ran ran = runCommand({"invoke", "f", "-q", "--endpoint", recorder.endpoint()}, {});

  EXPECT_EQ(ran.status, 1);
  EXPECT_EQ(ran.out, R"({"errorMessage":"no"})");
  EXPECT_EQ(ran.err, "openfc: the function failed: UnhandledInvocationError\n");
}

TEST(Invoke, TakesTheEventFromStandardInput) {
  Recorder recorder([](const auto&) { return answer("1", {}); });

  const Ran ran = runCommand(
      {"invoke", "f", "-e", "@-", "-o", "json", "--endpoint", recorder.endpoint()}, {}, "in");

  EXPECT_EQ(recorder.requests().at(0).body, "in");
  const json::value shown = json::parse(ran.out);
  EXPECT_EQ(shown.at("result").as_int64(), 1);
  EXPECT_NE(ran.out.find("\"durationMs\": 12.3,"), std::string::npos) << ran.out;
}

TEST(Invoke, OnlyQueuesWhenAsync) {
  Recorder recorder([](const auto&) { return http::Response{.status = 202}; });

  const Ran ran = runCommand({"invoke", "f", "--async", "--endpoint", recorder.endpoint()}, {});

  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(recorder.requests().at(0).headers.find("x-fc-invocation-type"), "Async");
  EXPECT_EQ(ran.out, "");
}

TEST(Logs, ReadsPageAfterPageUntilNothingIsLeft) {
  int calls = 0;
  Recorder recorder([&](const auto&) {
    const bool first = calls++ == 0;
    return http::Response{
        .body =
            first
                ? R"({"records":[{"cursor":7,"time":"T","requestId":"r","text":"hello"}],"next":7})"
                : R"({"records":[],"next":7})"};
  });

  const Ran ran = runCommand({"logs", "s/f", "--match", "a b", "--request-id", "r", "--since",
                              "2022-03-01T08:00:00Z", "--endpoint", recorder.endpoint()},
                             {});

  EXPECT_EQ(ran.status, 0) << ran.err;
  EXPECT_EQ(ran.out, "T hello\n");
  EXPECT_EQ(recorder.requests().at(1).target,
            "/openfc/logs/s/"
            "f?limit=1000&requestId=r&contains=a%20b&since=2022-03-01T08%3A00%3A00Z&after=7");
}

TEST(Logs, TellOneTimeALineAndTheLastLinesOnly) {
  int calls = 0;
  Recorder recorder([&](const auto&) {
    return http::Response{
        .body = calls++ == 0
                    ? R"({"records":[{"time":"T","text":"first"},{"time":"T","text":"hello"},
                          {"time":"T","text":"2022-03-01T08:00:00.123Z r [INFO] said"},
                          {"time":"T","text":"2022-03-01 08:00:00 said"}],"next":7})"
                    : R"({"records":[],"next":7})"};
  });

  const Ran ran = runCommand({"logs", "s/f", "-n", "3", "--endpoint", recorder.endpoint()}, {});

  EXPECT_EQ(ran.out, "T hello\n2022-03-01T08:00:00.123Z r [INFO] said\n2022-03-01 08:00:00 said\n");
  EXPECT_EQ(runCommand({"logs", "s/f", "-n", "-1"}, {}).status, 2);
}

TEST(Logs, FollowsUntilTheServerGoesAway) {
  Recorder* server = nullptr;
  int calls = 0;
  Recorder recorder([&](const auto&) {
    if (++calls == 3) throw Error(Code::serviceUnavailable, "stopping");
    return http::Response{.body = R"({"records":[],"next":0})"};
  });
  server = &recorder;

  const Ran ran = runCommand({"logs", "f", "--follow", "--endpoint", server->endpoint()}, {});

  EXPECT_EQ(ran.status, 3);
  EXPECT_EQ(recorder.requests().size(), 3u);
  EXPECT_NE(recorder.requests().at(2).target.find("&wait=20"), std::string::npos);
}

}  // namespace
}  // namespace openfc::cli
