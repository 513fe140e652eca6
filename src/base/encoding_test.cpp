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

TEST(Encoding, HmacsAreThoseOfTheirKeysWhateverWasSignedBefore) {
  const std::string_view text = "what do ya want for nothing?";
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(toHex(hmacSha256("Jefe", text)),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(toHex(hmacSha1("Jefe", text)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    EXPECT_EQ(toHex(hmacSha256({}, {})),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    EXPECT_EQ(toHex(hmacSha1("", "")), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
    EXPECT_EQ(toHex(hmacSha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  }
}

TEST(Encoding, DigestsAreThoseOfTheirBytes) {
  EXPECT_EQ(toHex(md5("")), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(toHex(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(toHex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Encoding, HexRoundTrips) {
  EXPECT_EQ(toHex("\x01\xab"), "01ab");
  EXPECT_EQ(fromHex("01AB"), "\x01\xab");
  EXPECT_EQ(fromHex("0"), std::nullopt);
  EXPECT_EQ(fromHex("zz"), std::nullopt);
}

}  // namespace
}  // namespace openfc
