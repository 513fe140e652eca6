#include "runtime/custom_messages.h"

#include "base/encoding.h"
#include "base/log.h"
#include "http/serialize.h"
#include "runtime/catalogue.h"

#include <fmt/core.h>
#include <sys/wait.h>

#include <cctype>
#include <charconv>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace openfc::runtime {
namespace {

std::string baggageJson(const std::map<std::string, std::string>& baggage) {
  std::string json = "{";
  for (const auto& [key, value] : baggage) {
    if (json.size() > 1) json += ',';
    log::appendJson(json, key);
    json += ':';
    log::appendJson(json, value);
  }
  return json + '}';
}

/// A header's value must not end its line; the values come from users.
std::string headerText(std::string text) {
  for (char& c : text) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) c = ' ';
  }
  return text;
}

void addCall(http::Headers& headers, const Call& call, std::string_view path) {
  headers.add("Content-Type", "application/octet-stream");
  headers.add("x-fc-control-path", std::string(path));
  headers.add("x-fc-request-id", headerText(call.requestId));
  headers.add("x-fc-access-key-id", call.credentials.accessKeyId);
  headers.add("x-fc-access-key-secret", call.credentials.accessKeySecret);
  headers.add("x-fc-security-token", call.credentials.securityToken);
  headers.add("x-fc-qualifier", headerText(call.qualifier));
  headers.add("x-fc-retry-count", std::to_string(call.retryCount));
  if (!call.spanContext.empty()) {
    headers.add("x-fc-tracing-opentracing-span-context", headerText(call.spanContext));
  }
  if (!call.baggage.empty()) {
    headers.add("x-fc-tracing-opentracing-span-baggages", toBase64(baggageJson(call.baggage)));
  }
}

void addFunction(http::Headers& headers, const Configuration& configuration) {
  headers.add("x-fc-function-name", configuration.functionName);
  headers.add("x-fc-function-handler", headerText(configuration.handler));
  headers.add("x-fc-function-memory", std::to_string(configuration.memorySize));
  headers.add("x-fc-function-timeout", std::to_string(configuration.timeout.count()));
  headers.add("x-fc-function-initializer", headerText(configuration.initializer));
  headers.add("x-fc-initialization-timeout",
              std::to_string(configuration.initializationTimeout.count()));
  if (!configuration.preFreeze.handler.empty()) {
    headers.add("x-fc-instance-lifecycle-pre-freeze-handler",
                headerText(configuration.preFreeze.handler));
  }
  if (!configuration.preStop.handler.empty()) {
    headers.add("x-fc-instance-lifecycle-pre-stop-handler",
                headerText(configuration.preStop.handler));
  }
  headers.add("x-fc-region", configuration.region);
  headers.add("x-fc-account-id", configuration.accountId);
  headers.add("x-fc-version-id", configuration.versionId);
  headers.add("x-fc-service-name", configuration.serviceName);
  headers.add("x-fc-service-logproject", headerText(configuration.logProject));
  headers.add("x-fc-service-logstore", headerText(configuration.logStore));
  if (!configuration.jaegerEndpoint.empty()) {
    headers.add("x-fc-tracing-jaeger-endpoint", headerText(configuration.jaegerEndpoint));
  }
}

bool isSuccess(std::string_view status) { return status.size() == 3 && status.starts_with('2'); }

Failure failureWith(http::Response response) {
  Failure failure;
  if (const auto type = response.headers.find("Content-Type")) failure.contentType = *type;
  failure.body = std::move(response.body);
  return failure;
}

struct ExitReason {
  int code = 0;
  std::string message;
};

/// Init's line "exec /code/bootstrap: permission denied (13)", when that is why nothing ran.
std::optional<ExitReason> execFailure(const std::string& program, std::string_view logs) {
  const std::string start = fmt::format("exec {}: ", program);
  const std::size_t found = logs.find(start);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view line =
      logs.substr(found + start.size(), logs.find('\n', found) - found - start.size());
  const std::size_t open = line.rfind(" (");
  if (open == std::string_view::npos) return std::nullopt;
  ExitReason reason{.message = std::string(line.substr(0, open))};
  std::from_chars(line.data() + open + 2, line.data() + line.size(), reason.code);
  return reason;
}

ExitReason reasonOf(int waitStatus) {
  const int code = WIFSIGNALED(waitStatus) ? 128 + WTERMSIG(waitStatus) : WEXITSTATUS(waitStatus);
  if (code == 128 + 9) return {code, "killed"};
  if (code > 128) return {code, fmt::format("signal {}", code - 128)};
  return {code, fmt::format("exit status {}", code)};
}

}  // namespace

std::shared_ptr<const std::string> functionLines(const Configuration& configuration) {
  http::Headers headers;
  headers.add("Host", fmt::format("127.0.0.1:{}", configuration.caPort));
  addFunction(headers, configuration);
  return std::make_shared<const std::string>(http::headerLines(headers));
}

http::Request requestOf(std::shared_ptr<const std::string> lines, Call call,
                        std::string_view path) {
  http::Request request{.method = "POST",
                        .target = std::string(path),
                        .madeLines = std::move(lines),
                        .body = std::move(call.event),
                        .bytes = std::move(call.bytes)};
  addCall(request.headers, call, path);
  return request;
}

Reply invokeReply(http::Response response) {
  const auto status = response.headers.find("x-fc-status");
  if (!status || isSuccess(trimmed(*status))) return Success{std::move(response.body)};
  return failureWith(std::move(response));
}

Reply hookReply(http::Response response) {
  const auto status = response.headers.find("x-fc-status");
  const bool refused = status && !isSuccess(trimmed(*status));
  if (!refused && response.status >= 200 && response.status < 300) return Success{};
  if (response.body.empty()) {
    return failureOf(fmt::format("the server answered with status {}", response.status));
  }
  return failureWith(std::move(response));
}

Failure failureOf(std::string_view message) {
  Failure failure{.body = R"({"errorMessage":)"};
  log::appendJson(failure.body, message);
  failure.body += '}';
  return failure;
}

Failure missingBootstrap(const Configuration& configuration) {
  return failureOf(fmt::format(
      "The function cannot be started. Failed to start function instance. Error: the file "
      "{}/bootstrap is not exist",
      configuration.codePath));
}

Failure healthCheckFailed(const Configuration& configuration, std::chrono::seconds limit,
                          std::string_view logs) {
  return failureOf(
      fmt::format("Function instance health check failed on port {} in {} seconds.\nLogs:{}",
                  configuration.caPort, limit.count(), logs));
}

Failure exitedEarly(const Configuration& configuration, int waitStatus, std::string_view logs) {
  const std::vector<std::string> command = commandOf(configuration);
  const auto execution = execFailure(command.front(), logs);
  constexpr int noSuchFile = 2;
  if (execution && execution->code == noSuchFile && configuration.startCommand.empty()) {
    return missingBootstrap(configuration);
  }
  const ExitReason reason = execution.value_or(reasonOf(waitStatus));
  std::string text = command.front() + ' ';
  for (std::size_t i = 1; i < command.size(); ++i) text += (i > 1 ? " " : "") + command[i];
  return failureOf(fmt::format(
      "Function instance exited unexpectedly(code {}, message:{}) with start command '{}'. Logs:{}",
      reason.code, reason.message, text, logs));
}

}  // namespace openfc::runtime
