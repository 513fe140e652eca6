#include "runtime/custom_worker.h"

#include "runtime/custom_messages.h"
#include "runtime/spawned_test.h"

#include <boost/json.hpp>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace openfc::runtime {
namespace {

namespace json = boost::json;
using testing::bodyOf;
using testing::call;

int freePort() {
  const Fd fd(
      static_cast<int>(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "make a socket")));
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  check(::bind(fd.get(), plain, size), "bind to a free port");
  check(::getsockname(fd.get(), plain, &size), "find the free port");
  return ntohs(address.sin_port);
}

Task<Fd> makeSocket() {
  co_return Fd(static_cast<int>(
      check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "make a socket")));
}

Configuration custom(const std::string& folder) {
  Configuration configuration = testing::function("custom", "index.handler");
  configuration.codePath = testing::sourcePath(folder);
  configuration.caPort = freePort();
  return configuration;
}

/// A custom runtime's process without a sandbox, and its worker.
class Server {
public:
  explicit Server(Configuration configuration, std::chrono::seconds startLimit = usualStartLimit)
      : configuration_(std::move(configuration)),
        process_(machine().own(configuration_)),
        worker_(
            loop_, makeSocket, [this] { return process_.printed(); }, usualResultLimit,
            startLimit) {}

  Reply load() { return testing::await(loop_, worker_.load(configuration_)); }
  /// With a configuration that names a port of which the process knows nothing.
  Reply loadAt(int port) {
    configuration_.caPort = port;
    return load();
  }
  Reply initialize(Call one) { return testing::await(loop_, worker_.initialize(std::move(one))); }
  Reply invoke(Call one) { return testing::await(loop_, worker_.invoke(std::move(one))); }
  std::string answer(std::string event) { return bodyOf(invoke(call(std::move(event)))); }
  std::pair<std::string, std::string> answerBoth(std::string event) {
    return testing::await(loop_, testing::both(&worker_, std::move(event)));
  }
  CustomWorker& worker() { return worker_; }
  testing::Spawned& process() { return process_; }

private:
  static Catalogue machine() { return testing::machine(); }

  net::EventLoop loop_;
  Configuration configuration_;
  testing::Spawned process_;
  CustomWorker worker_;
};

TEST(CustomWorker, ServesTheExample) {
  Server server(custom("examples/hello-custom"));
  ASSERT_EQ(bodyOf(server.load()), "");

  const std::string answer = server.answer(R"({"name":"Ada"})");

  EXPECT_EQ(answer, R"({"greeting": "Hello, Ada!", "requestId": "request-1"})");
  const std::string printed = server.process().printed();
  EXPECT_NE(printed.find("FC Invoke Start RequestId: request-1\ngreeting Ada\n"), std::string::npos)
      << printed;
}

TEST(CustomWorker, PassesBodiesOnAsTheyAre) {
  Server server(custom("tests/functions/runtime/custom"));
  server.load();
  const std::string big(30U << 20, 'e');

  EXPECT_EQ(server.answer(std::string("\0\xff raw", 6)), std::string("\0\xff raw", 6));
  EXPECT_TRUE(server.answer(big) == big);
  EXPECT_EQ(server.answer(""), "");
}

TEST(CustomWorker, DecidesByTheStatusHeaderAlone) {
  Server server(custom("tests/functions/runtime/custom"));
  server.load();

  const Reply refused = server.invoke(call("refuse"));

  EXPECT_EQ(std::get<Failure>(refused).body, "not <json>");
  EXPECT_EQ(std::get<Failure>(refused).contentType, "text/plain");
  EXPECT_FALSE(std::get<Failure>(refused).handled);
  EXPECT_EQ(server.answer("status without header"), "taken");
}

TEST(CustomWorker, SendsEveryHeaderOfTheContract) {
  Configuration configuration = custom("tests/functions/runtime/custom");
  configuration.initializer = "index.init";
  configuration.preFreeze.handler = "index.freeze";
  configuration.preStop.handler = "index.stop";
  configuration.jaegerEndpoint = "http://jaeger";
  Server server(configuration);
  server.load();
  Call one = call("headers");
  one.credentials = {.accessKeyId = "id", .accessKeySecret = "secret", .securityToken = "token"};
  one.retryCount = 2;
  one.spanContext = "a:b:0:1";
  one.baggage = {{"k", "v"}};

  const json::object headers = json::parse(bodyOf(server.invoke(one))).as_object();

  const std::pair<const char*, const char*> expected[] = {
      {"content-type", "application/octet-stream"},
      {"x-fc-control-path", "/invoke"},
      {"x-fc-request-id", "request-1"},
      {"x-fc-access-key-id", "id"},
      {"x-fc-access-key-secret", "secret"},
      {"x-fc-security-token", "token"},
      {"x-fc-function-name", "fn"},
      {"x-fc-function-handler", "index.handler"},
      {"x-fc-function-memory", "128"},
      {"x-fc-function-timeout", "60"},
      {"x-fc-function-initializer", "index.init"},
      {"x-fc-initialization-timeout", "3"},
      {"x-fc-instance-lifecycle-pre-freeze-handler", "index.freeze"},
      {"x-fc-instance-lifecycle-pre-stop-handler", "index.stop"},
      {"x-fc-region", "cn-hangzhou"},
      {"x-fc-account-id", "1234567890"},
      {"x-fc-qualifier", "LATEST"},
      {"x-fc-version-id", "LATEST"},
      {"x-fc-service-name", "svc"},
      {"x-fc-service-logproject", ""},
      {"x-fc-service-logstore", ""},
      {"x-fc-retry-count", "2"},
      {"x-fc-tracing-opentracing-span-context", "a:b:0:1"},
      {"x-fc-tracing-opentracing-span-baggages", "eyJrIjoidiJ9"},
      {"x-fc-tracing-jaeger-endpoint", "http://jaeger"},
  };
  for (const auto& [name, value] : expected) {
    ASSERT_TRUE(headers.contains(name)) << name;
    EXPECT_EQ(headers.at(name).as_string(), value) << name;
  }
}

TEST(CustomWorker, UsesConnectionsAgain) {
  Server server(custom("tests/functions/runtime/custom"));
  server.load();

  for (int i = 0; i < 5; ++i) server.answer("x");

  EXPECT_EQ(server.answer("connections"), "1");
  server.worker().rest();
  EXPECT_EQ(server.answer("connections"), "2");
}

// The server may hold something for as long as its client stays.
TEST(CustomWorker, LeavesAConnectionThatTheServerGivesUp) {
  Server server(custom("tests/functions/runtime/custom"));
  server.load();

  EXPECT_EQ(server.answer("close"), "close");

  std::string printed;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!printed.contains("closed on the other side") &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    printed += server.process().printed();
  }
  EXPECT_EQ(printed, "closed on the other side\n");
  EXPECT_EQ(server.answer("x"), "x");
}

TEST(CustomWorker, ServesSeveralCallsAtATime) {
  Configuration configuration = custom("tests/functions/runtime/custom");
  configuration.instanceConcurrency = 2;
  Server server(configuration);
  server.load();

  const auto [first, second] = server.answerBoth("meet");

  EXPECT_EQ(first, "first");
  EXPECT_EQ(second, "second");
}

TEST(CustomWorker, TakesEveryStatusBut2xxAsAFailedInitializer) {
  for (const auto* status : {"200", "204", "404", "500"}) {
    Configuration configuration = custom("tests/functions/runtime/custom");
    configuration.environment["INITIALIZE_STATUS"] = status;
    Server server(configuration);
    server.load();
    const std::string answer = bodyOf(server.initialize(call()));
    EXPECT_EQ(answer.empty(), status[0] == '2') << status << answer;
  }
}

TEST(CustomWorker, FailsOnAnAnswerBeyondTheLimit) {
  Server server(custom("tests/functions/runtime/custom"));
  server.load();

  EXPECT_EQ(
      server.answer("huge"),
      "failure: {\"errorMessage\":\"payload size exceeds maximum allowed size (33554432 bytes)\"}");
  EXPECT_EQ(server.answer("x"), "x");
}

TEST(CustomWorker, IsGoneWhenTheProcessEnds) {
  Server server(custom("tests/functions/runtime/custom"));
  server.load();

  EXPECT_EQ(server.answer("exit").substr(0, 5), "gone:");
  server.worker().ended(server.process().status());
  EXPECT_EQ(server.answer("x"), "gone: the process has ended");
}

TEST(CustomWorker, SaysWithWhichCodeAServerEndedTooEarly) {
  Configuration configuration = custom("tests/functions/runtime/custom");
  configuration.environment["EXIT_CODE"] = "7";
  Server server(configuration);
  const int status = server.process().status();
  server.worker().ended(status);

  EXPECT_EQ(
      bodyOf(server.load()),
      R"(failure: {"errorMessage":"Function instance exited unexpectedly(code 7, message:exit status 7) with )"
      "start command '" +
          configuration.codePath + R"(/bootstrap '. Logs:about to leave\n"})");
}

TEST(CustomWorker, SaysWhichPortNeverAccepted) {
  Server server(custom("tests/functions/runtime/custom"), std::chrono::seconds(1));
  const int another = freePort();

  EXPECT_TRUE(bodyOf(server.loadAt(another))
                  .starts_with(R"(failure: {"errorMessage":"Function instance health check failed )"
                               "on port " +
                               std::to_string(another) + " in 1 seconds."));
}

TEST(CustomMessages, TellWhyACommandCouldNotBeStarted) {
  Configuration bootstrap;
  Configuration command;
  command.startCommand = {"node", "server.js", "x"};
  struct Case {
    Failure failure;
    std::string message;
  };
  const Case cases[] = {
      {exitedEarly(bootstrap, 127 << 8, "exec /code/bootstrap: no such file or directory (2)\n"),
       "The function cannot be started. Failed to start function instance. Error: the file "
       "/code/bootstrap is not "
       "exist"},
      {exitedEarly(bootstrap, 126 << 8, "exec /code/bootstrap: permission denied (13)\n"),
       "Function instance exited unexpectedly(code 13, message:permission denied) with start "
       "command "
       "'/code/bootstrap '. Logs:exec /code/bootstrap: permission denied (13)\n"},
      {exitedEarly(command, 127 << 8, "exec node: no such file or directory (2)"),
       "Function instance exited unexpectedly(code 2, message:no such file or directory) with "
       "start command "
       "'node server.js x'. Logs:exec node: no such file or directory (2)"},
      {exitedEarly(bootstrap, 9, ""),
       "Function instance exited unexpectedly(code 137, message:killed) with start command "
       "'/code/bootstrap '. Logs:"},
      {exitedEarly(bootstrap, 137 << 8, ""),
       "Function instance exited unexpectedly(code 137, message:killed) with start command "
       "'/code/bootstrap '. Logs:"},
      {healthCheckFailed(bootstrap, usualStartLimit, "x"),
       "Function instance health check failed on port 9000 in 120 seconds.\nLogs:x"},
  };

  for (const Case& one : cases) {
    EXPECT_EQ(json::parse(one.failure.body).at("errorMessage").as_string(), one.message);
  }
}

TEST(CustomMessages, KeepUsersTextFromEndingAHeader) {
  Configuration configuration;
  configuration.handler = "index.handler\r\nx-fc-account-id: 1";

  EXPECT_TRUE(functionLines(configuration)
                  ->contains("\r\nx-fc-function-handler: index.handler  x-fc-account-id: 1\r\n"));
}

}  // namespace
}  // namespace openfc::runtime
