#include "http/parser.h"

#include <gtest/gtest.h>

#include <ostream>

namespace openfc::http {
namespace {

constexpr std::size_t headLimit = 4096;

struct Refused {
  std::string_view what;
  std::string message;
  int status;

  friend std::ostream& operator<<(std::ostream& out, const Refused& refused) {
    return out << refused.what;
  }
};

/// Status of the refusal, 0 = not refused yet.
int statusOf(const std::string& message, std::size_t step) {
  RequestParser parser(headLimit);
  Request request;
  for (std::size_t size = std::min(step, message.size());; size += step) {
    const auto head = parser.head(std::string_view(message).substr(0, size), request);
    if (!head) return head.error().status;
    if (*head || size >= message.size()) return 0;
  }
}

class RefusedRequest : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, IsRefusedWholeOrInPieces) {
  EXPECT_EQ(statusOf(GetParam().message, GetParam().message.size()), GetParam().status);
  EXPECT_EQ(statusOf(GetParam().message, 1), GetParam().status);
}

std::string get(std::string_view headers) {
  return "GET / HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
}

std::string manyHeaders() {
  std::string headers;
  for (int i = 0; i < 1001; ++i) headers += "a:\r\n";
  return get(headers);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedRequest,
    ::testing::Values(
        Refused{"noise", "\x16\x03\x01\x02", 400},
        Refused{"bare LF after the request line", "GET / HTTP/1.1\nHost: x\r\n\r\n", 400},
        Refused{"bare LF after a header", get("A: b\nC: d\r\n"), 400},
        Refused{"bare LF at the end", "GET / HTTP/1.1\r\nHost: x\r\n\n", 400},
        Refused{"bare CR in a value", get("A: b\rc\r\n"), 400},
        Refused{"folded header", get("A: b\r\n c\r\n"), 400},
        Refused{"folded header with a tab", get("A: b\r\n\tc\r\n"), 400},
        Refused{"blank before the first header", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
        Refused{"blank before the colon", get("Content-Length : 5\r\n"), 400},
        Refused{"no colon", get("Nothing\r\n"), 400}, Refused{"empty name", get(": x\r\n"), 400},
        Refused{"NUL in a value", get(std::string("A: b\0c\r\n", 8)), 400},
        Refused{"NUL in a name", get(std::string("A\0: b\r\n", 7)), 400},
        Refused{"NUL in the target", std::string("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 28), 400},
        Refused{"control character in a value", get("A: \x01\r\n"), 400},
        Refused{"two lengths, equal", get("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
        Refused{"two lengths, different", get("Content-Length: 5\r\ncontent-length: 6\r\n"), 400},
        Refused{"list of lengths", get("Content-Length: 5, 5\r\n"), 400},
        Refused{"negative length", get("Content-Length: -1\r\n"), 400},
        Refused{"signed length", get("Content-Length: +5\r\n"), 400},
        Refused{"hexadecimal length", get("Content-Length: 0x5\r\n"), 400},
        Refused{"empty length", get("Content-Length:\r\n"), 400},
        Refused{"length beyond 64 bits", get("Content-Length: 18446744073709551616\r\n"), 400},
        Refused{"CL.TE", get("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
        Refused{"TE.CL", get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), 400},
        Refused{"TE.TE", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n"), 400},
        Refused{"unknown encoding", get("Transfer-Encoding: gzip\r\n"), 400},
        Refused{"encoding in front", get("Transfer-Encoding: gzip, chunked\r\n"), 400},
        Refused{"encoding in disguise", get("Transfer-Encoding: xchunked\r\n"), 400},
        Refused{"encoding with a vertical tab", get("Transfer-Encoding: \x0b chunked\r\n"), 400},
        Refused{"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
                400},
        Refused{"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
        Refused{"two Hosts", get("host: y\r\n"), 400},
        Refused{"Host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400},
        Refused{"Host with a user", "GET / HTTP/1.1\r\nHost: a@x\r\n\r\n", 400},
        Refused{"Host list", "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n", 400},
        Refused{"absolute URI", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"authority", "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"asterisk without OPTIONS", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"blank in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"HTTP/0.9", "GET /\r\n\r\n", 400},
        Refused{"no version number", "GET / HTTP/x.y\r\nHost: x\r\n\r\n", 400},
        Refused{"version in small letters", "GET / http/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        Refused{"HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", 400},
        Refused{"bad method", "G@T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
        Refused{"unknown expectation", get("Expect: magic\r\n"), 417},
        Refused{"endless request line", "GET /" + std::string(headLimit, 'a'), 431},
        Refused{"large header", get("A: " + std::string(headLimit, 'a') + "\r\n"), 431},
        Refused{"many headers", manyHeaders(), 431},
        Refused{"two empty lines in front", "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400}));

Framing parsed(const std::string& message, Request& request) {
  RequestParser parser(headLimit);
  const auto head = parser.head(message, request);
  if (!head || !*head) {
    ADD_FAILURE() << "refused: " << message;
    return {};
  }
  return **head;
}

TEST(RequestParser, KeepsTheSpellingAndOrderOfHeaders) {
  Request request;
  const Framing framing =
      parsed("\r\nPUT /a%2Fb?c=d#e HTTP/1.1\r\nHOST: x:1\r\nx-Fc-A:\r\nX-FC-a: \t v w \r\n\r\nbody",
             request);

  EXPECT_EQ(framing.body, BodyKind::none);
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.target, "/a%2Fb?c=d#e");
  EXPECT_EQ(request.rawPath(), "/a%2Fb");
  EXPECT_EQ(request.rawQuery(), "c=d#e");
  ASSERT_EQ(request.headers.all().size(), 3u);
  EXPECT_EQ(request.headers.all()[1].name, "x-Fc-A");
  EXPECT_EQ(request.headers.all()[1].value, "");
  EXPECT_EQ(request.headers.all()[2].value, "v w");
}

TEST(RequestParser, SaysHowTheBodyIsDelimited) {
  Request request;

  const Framing length = parsed(get("content-length: 007\r\n"), request);
  const Framing zero = parsed(get("Content-Length: 0\r\n"), request);
  const Framing chunked = parsed(get("transfer-encoding: Chunked\r\n"), request);
  const Framing old = parsed("GET / HTTP/1.0\r\n\r\n", request);
  const Framing waits = parsed(get("Expect: 100-Continue\r\nContent-Length: 1\r\n"), request);
  const Framing last = parsed(get("Connection: Close\r\n"), request);

  EXPECT_EQ(length.body, BodyKind::length);
  EXPECT_EQ(length.length, 7u);
  EXPECT_EQ(zero.body, BodyKind::none);
  EXPECT_EQ(chunked.body, BodyKind::chunked);
  EXPECT_FALSE(old.keepAlive);
  EXPECT_TRUE(waits.awaitsContinue);
  EXPECT_FALSE(last.keepAlive);
}

/// Feeds a chunked body in steps; nothing = refused.
std::optional<std::string> chunkedBody(const std::string& body, std::size_t step,
                                       bool* complete = nullptr) {
  RequestParser parser(headLimit);
  Request request;
  EXPECT_TRUE(parser.head(get("Transfer-Encoding: chunked\r\n"), request));
  std::string payload;
  std::string pending;
  for (std::size_t at = 0; at < body.size() && !parser.complete(); at += step) {
    pending += body.substr(at, step);
    const auto taken = parser.chunks(pending, payload);
    if (!taken) return std::nullopt;
    pending.erase(0, *taken);
  }
  if (complete != nullptr) *complete = parser.complete();
  return payload;
}

TEST(RequestParser, JoinsChunksHoweverTheyArrive) {
  const std::string body =
      "3\r\nabc\r\n00a;x=\"y;z\"\r\n0123456789\r\nA\r\nABCDEFGHIJ\r\n0\r\nTrailer: t\r\n\r\n";

  for (std::size_t step = 1; step <= body.size(); ++step) {
    bool complete = false;
    EXPECT_EQ(chunkedBody(body, step, &complete), "abc0123456789ABCDEFGHIJ") << step;
    EXPECT_TRUE(complete) << step;
  }
}

TEST(RequestParser, RefusesMalformedChunks) {
  for (const std::string body :
       {"x\r\n", "-1\r\n", "+1\r\na\r\n0\r\n\r\n", "0x1\r\na\r\n", "1\na\r\n", " 1\r\na\r\n",
        "1\r\nab\r\n", "1\r\na\n0\r\n\r\n", "10000000000000000\r\n", "fffffffffffffffff\r\n",
        "1 2\r\na\r\n", "1;\x01=x\r\na\r\n", "0\r\nA: b\r\n c\r\nno colon\r\n\r\n", "\r\n"}) {
    EXPECT_EQ(chunkedBody(body, body.size()), std::nullopt) << body;
    EXPECT_EQ(chunkedBody(body, 1), std::nullopt) << body;
  }
}

TEST(RequestParser, KeepsTrailersOutOfTheHeaders) {
  RequestParser parser(headLimit);
  Request request;
  EXPECT_TRUE(parser.head(get("Transfer-Encoding: chunked\r\n"), request));
  std::string payload;

  const auto taken = parser.chunks("0\r\nAuthorization: FC stolen\r\n\r\nrest", payload);

  EXPECT_EQ(taken.value_or(0), 31u);
  EXPECT_FALSE(request.headers.has("authorization"));
}

TEST(ResponseParser, KnowsWhichAnswersHaveNoBody) {
  const auto kindOf = [](const std::string& head, std::string_view method) {
    ResponseParser parser(headLimit);
    Response response;
    const auto framing = parser.head(head, method, response);
    return framing && *framing ? (*framing)->body : BodyKind::untilEnd;
  };

  EXPECT_EQ(kindOf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD"), BodyKind::none);
  EXPECT_EQ(kindOf("HTTP/1.1 204 No Content\r\n\r\n", "GET"), BodyKind::none);
  EXPECT_EQ(kindOf("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET"),
            BodyKind::none);
  EXPECT_EQ(kindOf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "GET"), BodyKind::length);
  EXPECT_EQ(kindOf("HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n", "GET"),
            BodyKind::chunked);
  EXPECT_EQ(kindOf("HTTP/1.1 200 OK\r\n\r\n", "GET"), BodyKind::untilEnd);
}

}  // namespace
}  // namespace openfc::http
