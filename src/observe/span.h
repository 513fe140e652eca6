#pragma once

#include "base/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace openfc::observe {

/// Who a span is, in the terms of Jaeger. A value.
struct SpanContext {
  std::uint64_t traceHigh = 0;
  std::uint64_t traceLow = 0;
  std::uint64_t spanId = 0;
  std::uint64_t parentId = 0;  // 0 = the first of its trace
  std::uint8_t flags = 0;

  bool sampled() const { return (flags & 1) != 0; }
  bool operator==(const SpanContext&) const = default;
};

/// A new trace's first span, sampled.
SpanContext newTrace();
/// A new span below `parent`.
SpanContext childOf(const SpanContext& parent);

/// "trace:span:parent:flags" in hex, as in the header uber-trace-id and in functions' contexts. The
/// colons may be percent-encoded, as some clients do. Nothing: the text is none, or its trace or
/// span is 0.
std::optional<SpanContext> parseSpanContext(std::string_view text);
std::string formatSpanContext(const SpanContext& context);

using Attribute = std::pair<std::string, std::variant<std::string, std::int64_t, bool>>;

/// One finished piece of work. A value.
struct Span {
  SpanContext context;
  std::string service;  // under whose name the trace system files it
  std::string name;
  SteadyTime begin;
  SteadyTime end;
  bool entry = false;  // begun by a request from elsewhere
  bool failed = false;
  std::vector<Attribute> attributes;
};

}  // namespace openfc::observe
