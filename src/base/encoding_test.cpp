#include "base/encoding.h"

#include <gtest/gtest.h>

namespace openfc {
namespace {

TEST(Encoding, Base64RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(fromBase64(toBase64(bytes)), bytes);
    bytes += static_cast<char>(i * 37);
  }
}

TEST(Encoding, Base64IsStrict) {
  for (const char* text : {"a", "ab=", "ab\n=", "a===", "====", "ab=c", "a b="}) {
    EXPECT_EQ(fromBase64(text), std::nullopt) << text;
  }
  EXPECT_EQ(fromBase64(""), "");
}

TEST(Encoding, PercentDecodingRefusesBadEscapes) {
  EXPECT_EQ(percentDecode("/a%20b+c", Plus::keep), "/a b+c");
  EXPECT_EQ(percentDecode("a+b", Plus::blank), "a b");
  for (const char* text : {"%", "%2", "%zz", "a%4"}) {
    EXPECT_EQ(percentDecode(text, Plus::keep), std::nullopt) << text;
  }
}

TEST(Encoding, HexRoundTrips) {
  EXPECT_EQ(toHex("\x01\xab"), "01ab");
  EXPECT_EQ(fromHex("01AB"), "\x01\xab");
  EXPECT_EQ(fromHex("0"), std::nullopt);
  EXPECT_EQ(fromHex("zz"), std::nullopt);
}

}  // namespace
}  // namespace openfc
