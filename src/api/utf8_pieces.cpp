#include "api/utf8_pieces.h"

#include <algorithm>
#include <cstddef>

namespace openfc::api {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

unsigned byteAt(std::string_view bytes, std::size_t place) {
  return static_cast<unsigned char>(bytes[place]);
}

/// How many bytes a character with this first byte has; 0 = none begins so.
std::size_t sizeOf(unsigned first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

/// Whether the second byte goes with the first: no detours, no surrogates, nothing above U+10FFFF.
bool fits(unsigned first, unsigned second) {
  if (first == 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (first == 0xed) return second >= 0x80 && second <= 0x9f;
  if (first == 0xf0) return second >= 0x90 && second <= 0xbf;
  if (first == 0xf4) return second >= 0x80 && second <= 0x8f;
  return second >= 0x80 && second <= 0xbf;
}

/// How many of the bytes can be (the beginning of) one character; 0 = not even the first.
std::size_t soundBytes(std::string_view bytes) {
  const std::size_t size = std::min(sizeOf(byteAt(bytes, 0)), bytes.size());
  for (std::size_t i = 1; i < size; ++i) {
    const bool sound =
        i == 1 ? fits(byteAt(bytes, 0), byteAt(bytes, 1)) : (byteAt(bytes, i) & 0xc0) == 0x80;
    if (!sound) return i;
  }
  return size;
}

}  // namespace

std::string Utf8Pieces::next(std::string_view bytes) {
  const std::string all = rest_ + std::string(bytes);
  std::string_view left = all;
  rest_.clear();
  std::string out;
  while (!left.empty()) {
    const std::size_t size = sizeOf(byteAt(left, 0));
    const std::size_t sound = soundBytes(left);
    if (size > 0 && sound == size) {
      out += left.substr(0, size);
    } else if (size > 0 && sound == left.size()) {
      rest_ = left;
      break;
    } else {
      out += replacement;
    }
    left.remove_prefix(std::max<std::size_t>(sound, 1));
  }
  return out;
}

}  // namespace openfc::api
