#include "base/encoding.h"
#include "cli/code_archive.h"
#include "cli/command.h"
#include "cli/target.h"

#include <boost/json.hpp>

#include <fmt/core.h>

#include <cmath>
#include <cstdlib>

namespace openfc::cli {
namespace {

namespace json = boost::json;

std::string headerOf(const http::Response& response, std::string_view name) {
  return std::string(response.headers.find(name).value_or(""));
}

http::Request requestOf(const Session& session, const Target& target) {
  http::Request request{
      .method = "POST",
      .target = apiPath({"services", target.service, "functions", target.function, "invocations"}),
      .body = textOrFile(session.arguments.text("event"), session.world.in)};
  request.headers.add("Content-Type", "application/octet-stream");
  const bool async = session.arguments.has("async");
  request.headers.add("X-Fc-Invocation-Type", async ? "Async" : "Sync");
  if (!async) request.headers.add("X-Fc-Log-Type", "Tail");
  if (session.arguments.has("id")) {
    request.headers.add("X-Fc-Stateful-Async-Invocation-Id", session.arguments.text("id"));
  }
  return request;
}

/// The function's memory size; only asked for when the log does not tell it. "?" when it cannot be
/// read.
std::string memorySizeOf(const Session& session, const Target& target) {
  try {
    const auto path = apiPath({"services", target.service, "functions", target.function});
    const json::value function =
        json::parse(session.client.call({.method = "GET", .target = path}).body);
    return std::to_string(function.at("memorySize").as_int64());
  } catch (const std::exception&) {
    return "?";
  }
}

/// "RequestId: … Duration: … ms, Billed Duration: … ms, Memory Size: … MB, Max Memory Used: … MB"
std::string summary(const Session& session, const Target& target, const http::Response& response) {
  const std::string duration = headerOf(response, "x-fc-invocation-duration");
  return fmt::format(
      "RequestId: {} Duration: {} ms, Billed Duration: {:.0f} ms, Memory Size: {} MB, Max Memory "
      "Used: {} MB",
      headerOf(response, "x-fc-request-id"), duration,
      std::ceil(std::strtod(duration.c_str(), nullptr)), memorySizeOf(session, target),
      headerOf(response, "x-fc-max-memory-usage"));
}

std::string logOf(const http::Response& response) {
  return fromBase64(headerOf(response, "x-fc-log-result")).value_or("");
}

json::value resultValue(const std::string& body) {
  std::error_code failure;
  json::value value = json::parse(body, failure);
  return failure ? json::value(body) : value;
}

void showJson(const Session& session, const http::Response& response) {
  const auto orNull = [](const std::string& text) {
    return text.empty() ? json::value() : json::value(text);
  };
  session.output.show(json::object{
      {"requestId", headerOf(response, "x-fc-request-id")},
      {"status", response.status},
      {"errorType", orNull(headerOf(response, "x-fc-error-type"))},
      {"instanceId", orNull(headerOf(response, "x-fc-instance-id"))},
      {"durationMs", std::strtod(headerOf(response, "x-fc-invocation-duration").c_str(), nullptr)},
      {"maxMemoryMb", std::strtod(headerOf(response, "x-fc-max-memory-usage").c_str(), nullptr)},
      {"result", resultValue(response.body)},
      {"log", logOf(response)}});
}

void showText(const Session& session, const Target& target, const http::Response& response) {
  session.output.result(response.body);
  if (!response.body.empty() && !response.body.ends_with('\n')) session.output.endLine();
  std::string log = logOf(response);
  while (log.ends_with('\n')) log.pop_back();
  const auto last = log.rfind('\n') + 1;  // 0 for a log of one line
  if (log.compare(last, 9, "Duration:") == 0) {
    log.insert(last, "RequestId: " + headerOf(response, "x-fc-request-id") + " ");
  }
  if (!log.empty()) session.output.note(log);
  if (log.find("Billed Duration:") == std::string::npos) {
    session.output.note(summary(session, target, response));
  }
}

Exit invoke(const Session& session) {
  const Target target = targetOf(session.arguments);
  const http::Response response = session.client.call(requestOf(session, target));
  if (session.output.json()) {
    showJson(session, response);
  } else if (session.arguments.has("async")) {
    session.output.note("accepted: RequestId: " + headerOf(response, "x-fc-request-id"));
  } else {
    showText(session, target, response);
  }
  const std::string errorType = headerOf(response, "x-fc-error-type");
  if (errorType.empty()) return Exit::ok;
  session.output.error({.message = "the function failed: " + errorType,
                        .code = session.output.json() ? errorType : ""});
  return Exit::functionError;
}

}  // namespace

void addInvoke(std::vector<Command>& rows) {
  rows.push_back({"invoke",
                  "Run a function: its result on standard output, its log on standard error",
                  {{"target", "The function; the service may be left out [default]", Takes::one,
                    true, "SERVICE/FUNCTION"},
                   {"-e,--event", "The event as it is, or @FILE (@- is standard input)", Takes::one,
                    false, "EVENT"},
                   {"--qualifier", "Version or alias [LATEST]"},
                   {"--async", "Only queue the event", Takes::nothing},
                   {"--id", "Id of a stateful asynchronous invocation"}},
                  &invoke,
                  {"openfc invoke default/hello -e '{\"name\": \"Ada\"}'",
                   "openfc invoke orders.prod/create -e @order.json -o json"}});
}

}  // namespace openfc::cli
