#include "api/inline_code.h"

#include "base/encoding.h"
#include "base/error.h"

#include <gtest/gtest.h>

namespace openfc::api {
namespace {

const std::string zip = [] {
  std::string bytes;
  for (int i = 0; i < 20'000; ++i) bytes += static_cast<char>(i * 7 + i / 256);
  return bytes;
}();

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

TEST(InlineCode, IsDecodedWhereItStands) {
  const std::string before =
      R"({"functionName":"f\"{","list":[{"zipFile":"x"}],"code":{"zipFile":")";
  const std::string after = R"("},"more":{"code":1}})";
  std::string body = before + toBase64(zip) + after;
  const char* const memory = body.data();

  const SplitBody split = splitBody(std::move(body), zip.size());

  EXPECT_EQ(split.json, before + "(taken)" + after);
  ASSERT_TRUE(split.zip);
  EXPECT_TRUE(*split.zip == zip);
  EXPECT_EQ(split.zip->data(), memory);
}

TEST(InlineCode, MayBeEscapedAsWritersOfJsonDo) {
  const std::string text = replaced(replaced(toBase64(zip), "/", "\\/"), "+", "\\u002B");

  const SplitBody split = splitBody(R"({"Code": {"ZipFile" : ")" + text + R"("}})", zip.size());

  EXPECT_EQ(split.json, R"j({"Code": {"ZipFile" : "(taken)"}})j");
  EXPECT_TRUE(split.zip == zip);
}

TEST(InlineCode, IsNotWhatStandsElsewhere) {
  const std::string text = toBase64(zip);
  for (const std::string& body :
       {R"({"zipFile":")" + text + "\"}", R"({"code":[{"zipFile":")" + text + "\"}]}",
        R"([{"zipFile":")" + text + "\"}]", R"({"code":{"zipFile":{"zipFile":")" + text + "\"}}}",
        R"({"code":1,"x":{"zipFile":")" + text + "\"}}", R"({"code":{"zipFile":")" + text}) {
    const SplitBody split = splitBody(body, zip.size());

    EXPECT_EQ(split.json, body);
    EXPECT_FALSE(split.zip);
  }
}

TEST(InlineCode, IsRefusedWhenItIsTooLargeAndLeftOutWhenItIsNoBase64) {
  const std::string body = R"({"code":{"zipFile":")" + toBase64(zip) + "\"}}";

  EXPECT_THROW(splitBody(body, zip.size() - 1), Error);
  const SplitBody damaged = splitBody(replaced(body, "AA", "A*"), zip.size());
  EXPECT_EQ(damaged.json, R"j({"code":{"zipFile":"(taken)"}})j");
  EXPECT_FALSE(damaged.zip);
}

}  // namespace
}  // namespace openfc::api
