// jaeger.thrift's Batch in Thrift's binary protocol: big endian, each member with its type and
// number.

#include "observe/span_encoding.h"

#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>

namespace openfc::observe {
namespace {

enum class Type : std::uint8_t {
  stop = 0,
  boolean = 2,
  int32 = 8,
  int64 = 10,
  text = 11,
  structure = 12,
  list = 15
};

/// jaeger.thrift's TagType.
enum class TagType : std::int32_t { text = 0, boolean = 2, number = 3 };

class Writer {
public:
  template <std::integral Number>
  void number(Number value) {
    const auto bits = static_cast<std::make_unsigned_t<Number>>(value);
    for (std::size_t i = sizeof bits; i-- > 0;) out_ += static_cast<char>(bits >> (8 * i) & 0xff);
  }
  void text(std::string_view value) {
    number(static_cast<std::int32_t>(value.size()));
    out_ += value;
  }
  void member(Type type, std::int16_t id) {
    number(static_cast<std::uint8_t>(type));
    number(id);
  }
  void structures(std::int16_t id, std::size_t count) {
    member(Type::list, id);
    number(static_cast<std::uint8_t>(Type::structure));
    number(static_cast<std::int32_t>(count));
  }
  void stop() { number(static_cast<std::uint8_t>(Type::stop)); }
  std::string take() { return std::move(out_); }

private:
  std::string out_;
};

struct TagValue {
  Writer& writer;

  void type(TagType type) const {
    writer.member(Type::int32, 2);
    writer.number(static_cast<std::int32_t>(type));
  }
  void operator()(const std::string& value) const {
    type(TagType::text);
    writer.member(Type::text, 3);
    writer.text(value);
  }
  void operator()(bool value) const {
    type(TagType::boolean);
    writer.member(Type::boolean, 5);
    writer.number(static_cast<std::uint8_t>(value));
  }
  void operator()(std::int64_t value) const {
    type(TagType::number);
    writer.member(Type::int64, 6);
    writer.number(value);
  }
};

void writeTag(Writer& writer, const Attribute& tag) {
  writer.member(Type::text, 1);
  writer.text(tag.first);
  std::visit(TagValue{writer}, tag.second);
  writer.stop();
}

void writeTags(Writer& writer, const Span& span) {
  std::vector<Attribute> tags = span.attributes;
  if (span.entry) tags.emplace_back("span.kind", "server");
  if (span.failed) tags.emplace_back("error", true);
  writer.structures(10, tags.size());
  for (const Attribute& tag : tags) writeTag(writer, tag);
}

std::int64_t microseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

void writeSpan(Writer& writer, const TimedSpan& timed) {
  const Span& span = timed.span;
  const auto number64 = [&writer](std::int16_t id, auto value) {
    writer.member(Type::int64, id);
    writer.number(value);
  };
  number64(1, span.context.traceLow);
  number64(2, span.context.traceHigh);
  number64(3, span.context.spanId);
  number64(4, span.context.parentId);
  writer.member(Type::text, 5);
  writer.text(span.name);
  writer.member(Type::int32, 7);
  writer.number(static_cast<std::int32_t>(span.context.flags));
  number64(8, microseconds(timed.begin.time_since_epoch()));
  number64(9, microseconds(span.end - span.begin));
  writeTags(writer, span);
  writer.stop();
}

}  // namespace

std::string toJaegerThrift(std::span<const TimedSpan> spans) {
  Writer writer;
  writer.member(Type::structure, 1);  // process
  writer.member(Type::text, 1);
  writer.text(spans.empty() ? "" : spans.front().span.service);
  writer.stop();
  writer.structures(2, spans.size());
  for (const TimedSpan& span : spans) writeSpan(writer, span);
  writer.stop();
  return writer.take();
}

}  // namespace openfc::observe
