#include "package/packages.h"

#include <gtest/gtest.h>

#include <array>

namespace openfc::package {
namespace {

struct Vector {
  std::string_view text;
  std::uint64_t crc;
};

// The rows of the specification's vectors (crc64_xz).
constexpr std::array vectors = {
    Vector{"", 0},
    Vector{"a", 3675645893302102789u},
    Vector{"123456789", 11051210869376104954u},
    Vector{"hello world", 5981764153023615706u},
};

std::uint64_t bitByBit(std::string_view bytes) {
  std::uint64_t crc = ~0ull;
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xC96C5795D7870F42 : 0);
  }
  return ~crc;
}

TEST(Crc64, MatchesTheVectors) {
  for (const Vector& vector : vectors) EXPECT_EQ(crc64(vector.text), vector.crc) << vector.text;
}

TEST(Crc64, IsTheSameForEveryLengthAndPiece) {
  std::string bytes;
  for (int i = 0; i < 200; ++i) {
    bytes += static_cast<char>(i * 37);
    const std::uint64_t expected = bitByBit(bytes);

    EXPECT_EQ(crc64(bytes), expected);
    EXPECT_EQ(crc64(std::string_view(bytes).substr(bytes.size() / 3),
                    crc64(bytes.substr(0, bytes.size() / 3))),
              expected);
  }
}

}  // namespace
}  // namespace openfc::package
