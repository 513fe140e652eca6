#include "api/utf8_pieces.h"

#include <gtest/gtest.h>

#include <vector>

namespace openfc::api {
namespace {

using Texts = std::vector<std::string>;

Texts piecesOf(const Texts& given) {
  Utf8Pieces pieces;
  Texts out;
  for (const std::string& one : given) out.push_back(pieces.next(one));
  return out;
}

TEST(Utf8Pieces, KeepsCharactersWhole) {
  EXPECT_EQ(piecesOf({"x\xc3", "\xa4z"}), (Texts{"x", "\xc3\xa4z"}));
  EXPECT_EQ(piecesOf({"\xf0", "\x9f", "\x98", "\x80"}), (Texts{"", "", "", "\xf0\x9f\x98\x80"}));
  EXPECT_EQ(piecesOf({"plain", ""}), (Texts{"plain", ""}));
}

TEST(Utf8Pieces, ReplacesWhatIsNone) {
  const std::string replaced = "\xef\xbf\xbd";

  EXPECT_EQ(piecesOf({"\xffz"}), Texts{replaced + "z"});
  EXPECT_EQ(piecesOf({"\xc3z"}), Texts{replaced + "z"});
  EXPECT_EQ(piecesOf({"\xc0\x80"}), Texts{replaced + replaced});             // a detour
  EXPECT_EQ(piecesOf({"\xed\xa0\x80"}).front().substr(0, 3), replaced);      // a surrogate
  EXPECT_EQ(piecesOf({"\xf4\x90\x80\x80"}).front().substr(0, 3), replaced);  // too high
}

}  // namespace
}  // namespace openfc::api
