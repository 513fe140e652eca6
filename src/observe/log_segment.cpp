#include "observe/log_segment.h"

#include <zlib.h>

#include <cstring>
#include <optional>

namespace openfc::observe {
namespace {

template <class Integer>
void put(std::string& out, Integer value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Integer>
Integer take(std::string_view& bytes) {
  Integer value{};
  bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

constexpr std::size_t fixedPart = 8 + 8 + 2 + 2;
constexpr std::uint16_t versionFollows = 0x8000;
constexpr std::string_view latest = "LATEST";

/// Takes that many bytes; nothing when there are fewer.
std::optional<std::string> takeText(std::string_view& bytes, std::size_t size) {
  if (bytes.size() < size) return std::nullopt;
  std::string text(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return text;
}

/// What stands behind the length and the sum; nothing = it is no record.
std::optional<LogRecord> recordIn(std::string_view body) {
  LogRecord record;
  record.cursor = take<std::uint64_t>(body);
  record.time = Time(std::chrono::microseconds(take<std::int64_t>(body)));
  const auto instance = take<std::uint16_t>(body);
  const auto request = take<std::uint16_t>(body);
  if ((instance & versionFollows) != 0) {
    if (body.size() < sizeof(std::uint16_t)) return std::nullopt;
    const auto size = take<std::uint16_t>(body);
    auto version = takeText(body, size);
    if (!version) return std::nullopt;
    record.versionId = std::move(*version);
  }
  auto instanceId = takeText(body, instance & ~versionFollows);
  auto requestId = instanceId ? takeText(body, request) : std::nullopt;
  if (!requestId) return std::nullopt;
  record.instanceId = std::move(*instanceId);
  record.requestId = std::move(*requestId);
  record.text = body;
  return record;
}

}  // namespace

void encode(std::string& out, const LogRecord& record) {
  const std::size_t start = out.size();
  const bool versioned = record.versionId != latest;
  put(out, std::uint32_t{0});  // the length and the sum are put in below
  put(out, std::uint32_t{0});
  put(out, record.cursor);
  put(out,
      static_cast<std::int64_t>(
          std::chrono::floor<std::chrono::microseconds>(record.time.time_since_epoch()).count()));
  put(out, static_cast<std::uint16_t>(record.instanceId.size() |
                                      (versioned ? versionFollows : std::uint16_t{0})));
  put(out, static_cast<std::uint16_t>(record.requestId.size()));
  if (versioned) {
    put(out, static_cast<std::uint16_t>(record.versionId.size()));
    out += record.versionId;
  }
  out += record.instanceId;
  out += record.requestId;
  out += record.text;
  const std::string_view body = std::string_view(out).substr(start + 8);
  const auto length = static_cast<std::uint32_t>(body.size());
  const std::uint32_t sum = checksum(body);
  std::memcpy(out.data() + start, &length, sizeof length);
  std::memcpy(out.data() + start + 4, &sum, sizeof sum);
}

std::size_t decode(std::string_view bytes, const std::function<bool(LogRecord)>& visit) {
  while (bytes.size() >= 8) {
    std::string_view rest = bytes;
    const auto length = take<std::uint32_t>(rest);
    const auto sum = take<std::uint32_t>(rest);
    if (length < fixedPart || rest.size() < length) return bytes.size();
    const std::string_view body = rest.substr(0, length);
    if (checksum(body) != sum) return bytes.size();
    auto record = recordIn(body);
    if (!record) return bytes.size();
    bytes.remove_prefix(8 + length);
    if (!visit(std::move(*record))) return 0;
  }
  return bytes.size();
}

}  // namespace openfc::observe
