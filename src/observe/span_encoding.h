#pragma once

#include "observe/span.h"

#include <span>
#include <string>
#include <string_view>

namespace openfc::observe {

/// A span with the moment at which it began.
struct TimedSpan {
  Span span;
  Time begin;
};

/// What a collector is sent.
struct SpanBatch {
  std::string contentType;
  std::string body;
};

/// All of one service, in the format that the endpoint's path names: OTLP in JSON for "/v1/traces",
/// else a Jaeger batch in Thrift's binary form, which collectors take at "/api/traces".
SpanBatch encode(std::string_view endpoint, std::span<const TimedSpan> spans);

/// What `encode` chooses between.
std::string toJaegerThrift(std::span<const TimedSpan> spans);
std::string toOtlpJson(std::span<const TimedSpan> spans);

}  // namespace openfc::observe
