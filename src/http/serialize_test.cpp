#include "http/serialize.h"

#include "base/time_text.h"

#include <gtest/gtest.h>

namespace openfc::http {
namespace {

TEST(Headers, CompareNamesWithoutCase) {
  Headers headers;
  headers.add("X-A", "1");
  headers.add("x-a", "2");
  headers.add("B", "3");

  EXPECT_EQ(headers.find("X-a"), "1");
  headers.set("x-A", "4");
  EXPECT_EQ(headers.find("x-a"), "4");
  EXPECT_EQ(headers.all().size(), 2u);
  headers.remove("b");
  EXPECT_FALSE(headers.has("B"));
}

TEST(HeaderRules, RefuseWhatWouldBreakTheFraming) {
  EXPECT_TRUE(goodHeaderName("X-Fc-Request-Id"));
  EXPECT_FALSE(goodHeaderName(""));
  EXPECT_FALSE(goodHeaderName("a b"));
  EXPECT_FALSE(goodHeaderName("a:b"));
  EXPECT_FALSE(goodHeaderName("a\r\n"));
  EXPECT_TRUE(goodHeaderValue("a\tb \xe4\xb8\xad"));
  EXPECT_FALSE(goodHeaderValue("a\nb"));
  EXPECT_FALSE(goodHeaderValue("a\rb"));
  EXPECT_FALSE(goodHeaderValue(std::string_view("a\0b", 3)));
  EXPECT_FALSE(goodHeaderValue("\x7f"));
}

TEST(DateLine, IsAHeaderLineOfThisMoment) {
  DateLine date;

  const std::string line(date.now());

  ASSERT_TRUE(line.starts_with("Date: "));
  ASSERT_TRUE(line.ends_with(" GMT\r\n"));
  const auto time = fromHttpDate(line.substr(6, line.size() - 8));
  ASSERT_TRUE(time);
  EXPECT_LT(std::chrono::abs(std::chrono::system_clock::now() - *time), std::chrono::seconds(5));
}

TEST(RequestHead, LeavesFramingToThisRoomAndKeepsTheDate) {
  Request request;
  request.method = "POST";
  request.target = "/invoke";
  request.headers.add("Content-Length", "99");
  request.headers.add("Date", "signed");
  request.body = "abc";
  std::string out;

  appendRequestHead(out, request);

  EXPECT_EQ(out, "POST /invoke HTTP/1.1\r\nDate: signed\r\nContent-Length: 3\r\n\r\n");
}

TEST(RequestHead, HasTheLinesMadeBeforeBehindItsHeaders) {
  Headers fixed;
  fixed.add("Host", "127.0.0.1:9000");
  fixed.add("Content-Length", "99");
  fixed.add("x-broken", "a\r\nb: c");
  Request request;
  request.method = "GET";
  request.target = "/pre-stop";
  request.headers.add("x-fc-request-id", "1");
  request.madeLines = std::make_shared<const std::string>(headerLines(fixed));
  std::string out;

  appendRequestHead(out, request);

  EXPECT_EQ(out, "GET /pre-stop HTTP/1.1\r\nx-fc-request-id: 1\r\nHost: 127.0.0.1:9000\r\n\r\n");
}

}  // namespace
}  // namespace openfc::http
