#include "sandbox/launcher/resolver_names.h"

#include <gtest/gtest.h>

#include <cctype>

namespace openfc::sandbox::launcher {
namespace {

const OwnNames own{.patterns = {"host.openfc.internal", "*.cn-a.fc.aliyuncs.com",
                                "oss-cn-a.aliyuncs.com", "*.oss-cn-a.aliyuncs.com"},
                   .address = 0xc6121001};

std::vector<std::byte> bytesOf(const std::string& text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

std::string nameOf(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    out += static_cast<char>(label.size()) + std::string(label);
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return out + '\0';
}

std::string questionFor(const std::string& name, char type = 1, char group = 1) {
  return std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12) + nameOf(name) +
         std::string("\0", 1) + type + std::string("\0", 1) + group;
}

std::string answerTo(const std::string& message) {
  const auto answer = ownAnswer(own, bytesOf(message));
  if (!answer) return "";
  return {reinterpret_cast<const char*>(answer->data()), answer->size()};
}

TEST(ResolverNames, PatternsNameOneLabel) {
  for (const char* name : {"host.openfc.internal", "1234.cn-a.fc.aliyuncs.com",
                           "oss-cn-a.aliyuncs.com", "data.oss-cn-a.aliyuncs.com"}) {
    EXPECT_TRUE(isOwn(own, name)) << name;
  }
  for (const char* name : {"openfc.internal", "a.host.openfc.internal", "cn-a.fc.aliyuncs.com",
                           "a.b.cn-a.fc.aliyuncs.com", "1234.cn-b.fc.aliyuncs.com",
                           ".cn-a.fc.aliyuncs.com", "xoss-cn-a.aliyuncs.com", "aliyuncs.com", ""}) {
    EXPECT_FALSE(isOwn(own, name)) << name;
  }
}

TEST(ResolverNames, AnswersWithTheAddress) {
  const std::string question = questionFor("Data.OSS-cn-a.aliyuncs.com");

  EXPECT_EQ(
      answerTo(question),
      std::string("\x12\x34\x85\x80\x00\x01\x00\x01\x00\x00\x00\x00", 12) + question.substr(12) +
          std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc6\x12\x10\x01", 16));
}

TEST(ResolverNames, LeavesOutWhatComesAfterTheQuestion) {
  std::string question = questionFor("host.openfc.internal");
  question[11] = 1;  // an EDNS record follows
  const std::string answer = answerTo(question + std::string("\0\0\x29\x10\0\0\0\0\0\0\0", 11));

  EXPECT_EQ(answer, answerTo(questionFor("host.openfc.internal")));
}

TEST(ResolverNames, SaysThatThereIsNoOtherRecord) {
  const std::string question = questionFor("host.openfc.internal", 28);

  EXPECT_EQ(
      answerTo(question),
      std::string("\x12\x34\x85\x80\x00\x01\x00\x00\x00\x00\x00\x00", 12) + question.substr(12));
}

TEST(ResolverNames, LeavesEverythingElseToTheUpstream) {
  const std::string good = questionFor("host.openfc.internal");
  ASSERT_NE(answerTo(good), "");

  EXPECT_EQ(answerTo(questionFor("example.com")), "");
  EXPECT_EQ(answerTo(questionFor("host.openfc.internal", 1, 3)), "");
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_EQ(answerTo(good.substr(0, size)), "");
  std::string response = good;
  response[2] = '\x81';
  EXPECT_EQ(answerTo(response), "");
  std::string two = good;
  two[5] = 2;
  EXPECT_EQ(answerTo(two), "");
  std::string pointer = good;
  pointer[12] = '\xc0';
  EXPECT_EQ(answerTo(pointer), "");
  EXPECT_FALSE(ownAnswer({}, bytesOf(good)));
}

TEST(ResolverNames, BadPatternsAreRefused) {
  for (const char* pattern : {"", "*.", "*", "a..*", "A.b", "a b", ".a", "a.", "a.*.b"})
    EXPECT_THROW(checkPattern(pattern), std::invalid_argument) << pattern;
  for (const char* pattern : {"a", "*.a-b.c", "host.openfc.internal"})
    EXPECT_NO_THROW(checkPattern(pattern)) << pattern;
}

}  // namespace
}  // namespace openfc::sandbox::launcher
