// OTLP/HTTP's ExportTraceServiceRequest in JSON.

#include "base/log.h"
#include "observe/span_encoding.h"

#include <fmt/core.h>

namespace openfc::observe {
namespace {

constexpr std::string_view otlpPath = "/v1/traces";
constexpr int kindInternal = 1;
constexpr int kindServer = 2;
constexpr int statusError = 2;

struct AttributeValue {
  std::string& out;

  void operator()(const std::string& value) const {
    out += R"({"stringValue":)";
    log::appendJson(out, value);
    out += '}';
  }
  void operator()(bool value) const { out += fmt::format(R"({{"boolValue":{}}})", value); }
  void operator()(std::int64_t value) const { out += fmt::format(R"({{"intValue":"{}"}})", value); }
};

void appendAttributes(std::string& out, const std::vector<Attribute>& attributes) {
  out += R"("attributes":[)";
  for (const Attribute& attribute : attributes) {
    if (!out.ends_with('[')) out += ',';
    out += R"({"key":)";
    log::appendJson(out, attribute.first);
    out += R"(,"value":)";
    std::visit(AttributeValue{out}, attribute.second);
    out += '}';
  }
  out += ']';
}

void appendSpan(std::string& out, const TimedSpan& timed) {
  const Span& span = timed.span;
  const Duration begin = timed.begin.time_since_epoch();
  out += fmt::format(R"({{"traceId":"{:016x}{:016x}","spanId":"{:016x}",)", span.context.traceHigh,
                     span.context.traceLow, span.context.spanId);
  if (span.context.parentId != 0)
    out += fmt::format(R"("parentSpanId":"{:016x}",)", span.context.parentId);
  out += R"("name":)";
  log::appendJson(out, span.name);
  out += fmt::format(R"(,"kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}",)",
                     span.entry ? kindServer : kindInternal, begin.count(),
                     (begin + (span.end - span.begin)).count());
  appendAttributes(out, span.attributes);
  if (span.failed) out += fmt::format(R"(,"status":{{"code":{}}})", statusError);
  out += '}';
}

/// The URL's path ends so, whatever query follows.
bool isOtlp(std::string_view endpoint) {
  std::string_view path = endpoint.substr(0, endpoint.find_first_of("?#"));
  while (path.ends_with('/')) path.remove_suffix(1);
  return path.ends_with(otlpPath);
}

}  // namespace

std::string toOtlpJson(std::span<const TimedSpan> spans) {
  const std::string service = spans.empty() ? "" : spans.front().span.service;
  std::string out = R"({"resourceSpans":[{"resource":{)";
  appendAttributes(out, {{"service.name", service}});
  out += R"(},"scopeSpans":[{"scope":{"name":"openfc"},"spans":[)";
  for (const TimedSpan& span : spans) {
    if (!out.ends_with('[')) out += ',';
    appendSpan(out, span);
  }
  out += "]}]}]}";
  return out;
}

SpanBatch encode(std::string_view endpoint, std::span<const TimedSpan> spans) {
  if (isOtlp(endpoint)) return {"application/json", toOtlpJson(spans)};
  return {"application/vnd.apache.thrift.binary", toJaegerThrift(spans)};
}

}  // namespace openfc::observe
