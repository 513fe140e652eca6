#include "http/web_socket_frames.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace openfc::http {
namespace {

using From = FrameReader::From;

// The bytes and keys are the examples of RFC 6455 (1.3 and 5.7).
constexpr std::array<char, 4> exampleMask{0x37, '\xfa', 0x21, 0x3d};

Request handshake() {
  Request request{.method = "GET", .target = "/chat"};
  request.headers.add("Upgrade", "websocket");
  request.headers.add("Connection", "keep-alive, Upgrade");
  request.headers.add("Sec-WebSocket-Version", "13");
  request.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  return request;
}

/// The frames that are whole, in one text.
std::string framesOf(FrameReader& reader) {
  std::string out;
  while (const auto frame = reader.next()) {
    out += std::to_string(static_cast<int>(frame->kind)) + (frame->last ? ":" : "+") +
           frame->payload + ";";
  }
  return out;
}

std::string readAll(From from, std::string_view bytes, std::size_t longest = 1000) {
  FrameReader reader(from, longest);
  std::string out;
  try {
    for (const char byte : bytes) {
      reader.add({&byte, 1});
      out += framesOf(reader);
    }
  } catch (const WebSocketError& error) {
    out += "error " + std::to_string(error.code());
  }
  return out;
}

TEST(WebSocketHandshake, IsAnsweredAsTheStandardHasIt) {
  EXPECT_EQ(handshakeProblem(handshake()), std::nullopt);
  EXPECT_EQ(acceptOf("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WebSocketHandshake, NeedsItsHeaders) {
  const std::pair<const char*, const char*> changes[] = {
      {"Upgrade", "h2c"},
      {"Connection", "keep-alive"},
      {"Sec-WebSocket-Version", "8"},
      {"Sec-WebSocket-Key", "c2hvcnQ="},
      {"Sec-WebSocket-Key", ""},
  };
  for (const auto& [name, value] : changes) {
    Request request = handshake();
    request.headers.set(name, value);
    EXPECT_NE(handshakeProblem(request), std::nullopt) << name << ": " << value;
  }
}

TEST(WebSocketFrames, AreWrittenAsTheStandardHasThem) {
  const Frame hello{.kind = FrameKind::text, .payload = "Hello"};

  EXPECT_EQ(toBytes(hello), "\x81\x05Hello");
  EXPECT_EQ(toMaskedBytes(hello, exampleMask), "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  EXPECT_EQ(toBytes({.kind = FrameKind::binary, .payload = std::string(256, 'x')}).substr(0, 4),
            std::string("\x82\x7e\x01\x00", 4));
  EXPECT_EQ(toBytes({.kind = FrameKind::binary, .payload = std::string(65536, 'x')}).substr(0, 10),
            std::string("\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST(WebSocketFrames, AreReadFromBytesThatComeOneByOne) {
  EXPECT_EQ(readAll(From::client, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "1:Hello;");
  EXPECT_EQ(readAll(From::server, "\x01\x03Hel\x89\x01p\x80\x02lo"), "1+Hel;9:p;0:lo;");
  for (const std::size_t size : {125u, 126u, 65535u, 65536u}) {
    const Frame frame{.kind = FrameKind::binary, .payload = std::string(size, 'x')};
    FrameReader reader(From::client, 65536);
    reader.add(toMaskedBytes(frame, exampleMask));
    EXPECT_EQ(reader.next(), frame) << size;
    EXPECT_EQ(reader.next(), std::nullopt);
  }
}

TEST(WebSocketFrames, ThatBreakTheRulesAreRefused) {
  EXPECT_EQ(readAll(From::client, "\x81\x05Hello"), "error 1002");
  EXPECT_EQ(readAll(From::server, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "error 1002");
  EXPECT_EQ(readAll(From::server, "\x83\x01x"), "error 1002");
  EXPECT_EQ(readAll(From::server, "\xc1\x01x"), "error 1002");
  EXPECT_EQ(readAll(From::server, "\x09\x01x"), "error 1002");
  EXPECT_EQ(readAll(From::server, std::string("\x89\x7e\x01\x00", 4)), "error 1002");
  EXPECT_EQ(readAll(From::server, "\x81\x06Hello!", 5), "error 1009");
  EXPECT_EQ(readAll(From::server, "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), "error 1009");
}

TEST(WebSocketFrames, OfACloseHoldCodeAndReason) {
  EXPECT_EQ(closePayload(1000, "bye"),
            "\x03\xe8"
            "bye");
  EXPECT_EQ(closePayload(1000, std::string(200, 'x')).size(), 125u);
}

}  // namespace
}  // namespace openfc::http
