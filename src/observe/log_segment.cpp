#include "observe/log_segment.h"

#include <zlib.h>

#include <cstring>

namespace openfc::observe {
namespace {

template <class Integer>
void put(std::string& out, Integer value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class Integer>
Integer take(std::string_view& bytes) {
  Integer value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      ::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

constexpr std::size_t fixedPart = 8 + 8 + 2 + 2;

}  // namespace

void encode(std::string& out, const LogRecord& record) {
  const std::size_t start = out.size();
  const auto length = static_cast<std::uint32_t>(fixedPart + record.instanceId.size() +
                                                 record.requestId.size() + record.text.size());
  put(out, length);
  put(out, std::uint32_t{0});
  put(out, record.cursor);
  put(out,
      static_cast<std::int64_t>(
          std::chrono::floor<std::chrono::microseconds>(record.time.time_since_epoch()).count()));
  put(out, static_cast<std::uint16_t>(record.instanceId.size()));
  put(out, static_cast<std::uint16_t>(record.requestId.size()));
  out += record.instanceId;
  out += record.requestId;
  out += record.text;
  const std::uint32_t sum = checksum(std::string_view(out).substr(start + 8));
  std::memcpy(out.data() + start + 4, &sum, sizeof sum);
}

std::size_t decode(std::string_view bytes, const std::function<bool(LogRecord)>& visit) {
  while (bytes.size() >= 8) {
    std::string_view rest = bytes;
    const auto length = take<std::uint32_t>(rest);
    const auto sum = take<std::uint32_t>(rest);
    if (length < fixedPart || rest.size() < length) return bytes.size();
    std::string_view body = rest.substr(0, length);
    if (checksum(body) != sum) return bytes.size();
    LogRecord record;
    record.cursor = take<std::uint64_t>(body);
    record.time = Time(std::chrono::microseconds(take<std::int64_t>(body)));
    const auto instance = take<std::uint16_t>(body);
    const auto request = take<std::uint16_t>(body);
    if (body.size() < std::size_t{instance} + request) return bytes.size();
    record.instanceId = body.substr(0, instance);
    record.requestId = body.substr(instance, request);
    record.text = body.substr(std::size_t{instance} + request);
    bytes.remove_prefix(8 + length);
    if (!visit(std::move(record))) return 0;
  }
  return bytes.size();
}

}  // namespace openfc::observe
