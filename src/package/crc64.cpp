#include "package/packages.h"

#include <array>
#include <bit>
#include <cstring>

namespace openfc::package {
namespace {

constexpr std::uint64_t polynomial = 0xC96C5795D7870F42;  // ECMA-182, reflected
constexpr std::size_t slices = 16;

using Table = std::array<std::array<std::uint64_t, 256>, slices>;

/// Row s holds the remainder of each byte that is followed by s zero bytes.
constexpr Table table = [] {
  Table rows{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
    rows[0][byte] = crc;
  }
  for (std::size_t s = 1; s < slices; ++s) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      rows[s][byte] = (rows[s - 1][byte] >> 8) ^ rows[0][rows[s - 1][byte] & 0xff];
    }
  }
  return rows;
}();

static_assert(std::endian::native == std::endian::little,
              "the slices are taken from little-endian words");

std::uint64_t wordAt(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

/// The part of eight bytes of which the last is followed by `behind` more.
std::uint64_t remainderOf(std::uint64_t word, std::size_t behind) {
  std::uint64_t crc = 0;
  for (std::size_t i = 0; i < 8; ++i) crc ^= table[behind + 7 - i][word >> (8 * i) & 0xff];
  return crc;
}

}  // namespace

std::uint64_t crc64(std::string_view bytes, std::uint64_t crc) {
  crc = ~crc;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= slices; left -= slices, at += slices) {
    crc = remainderOf(wordAt(at) ^ crc, 8) ^ remainderOf(wordAt(at + 8), 0);
  }
  for (; left > 0; --left, ++at) {
    crc = table[0][(crc ^ static_cast<unsigned char>(*at)) & 0xff] ^ (crc >> 8);
  }
  return ~crc;
}

}  // namespace openfc::package
