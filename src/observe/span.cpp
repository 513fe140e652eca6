#include "observe/span.h"

#include "base/encoding.h"
#include "base/id.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <cstring>

namespace openfc::observe {
namespace {

constexpr std::size_t wordDigits = 16;
constexpr std::uint8_t sampledFlag = 1;

std::uint64_t randomId() {
  std::uint64_t id = 0;
  while (id == 0) std::memcpy(&id, randomBytes(sizeof id).data(), sizeof id);
  return id;
}

template <class Number>
std::optional<Number> hexNumber(std::string_view text) {
  Number number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (text.empty() || error != std::errc() || rest != text.data() + text.size())
    return std::nullopt;
  return number;
}

/// The four parts between colons; nothing when there are more or fewer.
std::optional<std::array<std::string_view, 4>> partsOf(std::string_view text) {
  std::array<std::string_view, 4> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t colon = text.find(':');
    if ((colon == std::string_view::npos) != (i + 1 == parts.size())) return std::nullopt;
    parts.at(i) = text.substr(0, colon);
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
  }
  return parts;
}

}  // namespace

SpanContext newTrace() {
  return {.traceHigh = randomId(),
          .traceLow = randomId(),
          .spanId = randomId(),
          .parentId = 0,
          .flags = sampledFlag};
}

SpanContext childOf(const SpanContext& parent) {
  SpanContext child = parent;
  child.parentId = parent.spanId;
  child.spanId = randomId();
  return child;
}

std::optional<SpanContext> parseSpanContext(std::string_view text) {
  const auto decoded = percentDecode(trimmed(text), Plus::keep);
  const auto parts = decoded ? partsOf(*decoded) : std::nullopt;
  if (!parts) return std::nullopt;
  const auto& [trace, span, parent, flags] = *parts;
  const std::size_t highDigits = trace.size() > wordDigits ? trace.size() - wordDigits : 0;
  const auto high = highDigits == 0 ? std::optional<std::uint64_t>(0)
                                    : hexNumber<std::uint64_t>(trace.substr(0, highDigits));
  const auto low = hexNumber<std::uint64_t>(trace.substr(highDigits));
  const auto spanId = hexNumber<std::uint64_t>(span);
  // A parent that cannot be read is of no use, and no reason to lose the trace.
  const auto parentId = hexNumber<std::uint64_t>(parent);
  const auto flagBits = hexNumber<std::uint8_t>(flags);
  if (!high || !low || !spanId || !flagBits || (*high == 0 && *low == 0) || *spanId == 0)
    return std::nullopt;
  return SpanContext{*high, *low, *spanId, parentId.value_or(0), *flagBits};
}

std::string formatSpanContext(const SpanContext& context) {
  const std::string high = context.traceHigh == 0 ? "" : fmt::format("{:016x}", context.traceHigh);
  const std::string parent = context.parentId == 0 ? "0" : fmt::format("{:016x}", context.parentId);
  return fmt::format("{}{:016x}:{:016x}:{}:{:x}", high, context.traceLow, context.spanId, parent,
                     context.flags);
}

}  // namespace openfc::observe
