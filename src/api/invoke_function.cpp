#include "api/invoke_function.h"

#include "api/body.h"
#include "api/response.h"
#include "api/rows.h"
#include "base/encoding.h"
#include "base/error.h"

#include <fmt/core.h>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;

constexpr std::size_t maxLogResult = 4096;
constexpr std::string_view spanHeader = "x-fc-tracing-opentracing-span-context";
constexpr std::string_view jaegerHeader = "uber-trace-id";
constexpr std::string_view baggagePrefix = "x-fc-tracing-opentracing-span-context-baggage-";

/// Checks the headers; the messages are those that clients know. Returns whether the log is wanted.
bool checkHeaders(const InvokeFunction& input) {
  const bool asynchronous = sameIgnoringCase(input.invocationType, "Async");
  if (!asynchronous && !sameIgnoringCase(input.invocationType, "Sync")) {
    throw invalidArgument(fmt::format(
        "InvocationType is set to an invalid value (allowed: Sync | Async, actual: '{}')",
        input.invocationType));
  }
  const bool tail = sameIgnoringCase(input.logType, "Tail");
  if (!tail && !sameIgnoringCase(input.logType, "None")) {
    throw invalidArgument(
        fmt::format("LogType is set to an invalid value (allowed: {}, actual: '{}')",
                    asynchronous ? "None" : "Tail | None", input.logType));
  }
  if (asynchronous && tail) {
    throw invalidArgument(fmt::format(
        "LogType is set to an invalid value (allowed: None, actual: '{}')", input.logType));
  }
  if (asynchronous) {
    throw invalidArgument(
        "X-Fc-Invocation-Type: Async is not supported by this server (allowed: Sync)");
  }
  return tail;
}

/// Of a repeated header the first counts, as in the signature: nobody on the way adds one that the
/// caller has not signed.
void takeTracing(const http::Headers& headers, invoke::Invocation& invocation) {
  std::optional<std::string_view> span;
  for (const http::Header& header : headers.all()) {
    if (header.name.size() < spanHeader.size() || (header.name[0] | 0x20) != 'x') continue;
    const std::string name = toLower(header.name);
    if (name == spanHeader && !span) span = header.value;
    if (name.starts_with(baggagePrefix))
      invocation.baggage.emplace(name.substr(baggagePrefix.size()), header.value);
  }
  if (!span || span->empty()) span = headers.find(jaegerHeader);
  invocation.spanContext = span.value_or("");
}

/// Calls the invocation off when the client goes away, as long as this lives.
class DisconnectWatch {
public:
  DisconnectWatch(http::Exchange& exchange, Cancellation& cancellation) : exchange_(exchange) {
    exchange_.onDisconnect([&cancellation] { cancellation.cancel(); });
  }
  ~DisconnectWatch() { exchange_.onDisconnect(nullptr); }
  DisconnectWatch(const DisconnectWatch&) = delete;
  DisconnectWatch& operator=(const DisconnectWatch&) = delete;

private:
  http::Exchange& exchange_;
};

std::string_view errorTypeOf(invoke::Outcome::Kind kind) {
  switch (kind) {
    case invoke::Outcome::Kind::handledError:
      return "HandledInvocationError";
    case invoke::Outcome::Kind::unhandledError:
      return "UnhandledInvocationError";
    case invoke::Outcome::Kind::success:
    case invoke::Outcome::Kind::cancelled:
      break;
  }
  return "";
}

double milliseconds(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

http::Response answer(const InvokeFunction& input, invoke::Outcome outcome, bool wantsLog) {
  http::Response response;
  if (outcome.kind == invoke::Outcome::Kind::cancelled) {
    response.status = 499;  // nobody reads it: the client has gone
    return response;
  }
  http::Headers& headers = response.headers;
  const std::string_view errorType = errorTypeOf(outcome.kind);
  if (!errorType.empty()) headers.add("X-Fc-Error-Type", std::string(errorType));
  headers.add("X-Fc-Code-Checksum", std::to_string(outcome.codeChecksum));
  if (!outcome.instanceId.empty()) headers.add("X-Fc-Instance-Id", outcome.instanceId);
  headers.add("X-Fc-Invocation-Duration", fmt::format("{:.0f}", milliseconds(outcome.duration)));
  headers.add("X-Fc-Max-Memory-Usage", fmt::format("{:.2f}", outcome.memoryMb));
  headers.add("X-Fc-Invocation-Code-Version", outcome.versionId);
  headers.add("X-Fc-Invocation-Service-Version", outcome.versionId);
  if (!input.statefulId.empty()) headers.add("X-Fc-Stateful-Async-Invocation-Id", input.statefulId);
  if (wantsLog) headers.add("X-Fc-Log-Result", toBase64(withSummary(outcome.logTail, outcome)));
  if (!outcome.body.empty()) headers.add("Content-Type", std::move(outcome.contentType));
  response.body = std::move(outcome.body);
  return response;
}

}  // namespace

const schema::Shape& shapeOf(const InvokeFunction*) {
  using T = InvokeFunction;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      field<&T::invocationType>("X-Fc-Invocation-Type", "Sync; Async is refused.",
                                {.in = In::header}),
      field<&T::logType>("X-Fc-Log-Type", "Tail: the end of the log comes back; None: it does not.",
                         {.in = In::header}),
      field<&T::statefulId>(
          "X-Fc-Stateful-Async-Invocation-Id", "Id of a stateful invocation; comes back.",
          {.maxLength = model::maxName, .pattern = &model::namePattern, .in = In::header}),
  };
  static constexpr schema::Shape shape = schema::shape<T>("InvokeFunction", fields);
  return shape;
}

std::string withSummary(std::string_view tail, const invoke::Outcome& outcome) {
  const std::string summary = invoke::summaryOf(outcome) + "\n";
  std::string out(tail);
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  out += summary;
  if (out.size() <= maxLogResult) return out;
  std::size_t begin = out.size() - maxLogResult;
  // No character of the text is cut in two.
  while ((static_cast<unsigned char>(out[begin]) & 0xC0) == 0x80) ++begin;
  return out.substr(begin);
}

Task<http::Response> invokeFunction(Context context, InvokeFunction input) {
  const bool wantsLog = checkHeaders(input);
  invoke::Invocation invocation{.accountId = context.account(),
                                .serviceName = input.serviceName,
                                .qualifier = input.qualifier,
                                .functionName = input.functionName,
                                .requestId = context.call.requestId};
  Body event = co_await receiveBody(context, context.settings().maxEvent);
  invocation.event = std::move(event.bytes);
  invocation.bytes = event.share;
  invocation.wantsLog = wantsLog;
  takeTracing(context.request().headers, invocation);
  Cancellation cancellation;
  const DisconnectWatch watch(context.call.exchange, cancellation);
  auto outcome = co_await context.parts.invoker.invoke(std::move(invocation), cancellation);
  http::Response response = answer(input, std::move(outcome), wantsLog);
  response.bytes = std::move(event.share);
  co_return response;
}

}  // namespace openfc::api
