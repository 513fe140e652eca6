#include "http/server.h"

#include "http/server_fixture.h"

#include <gtest/gtest.h>

namespace openfc::http {
namespace {

using std::chrono::milliseconds;

std::string statusLine(const std::string& response) {
  return response.substr(0, response.find("\r\n"));
}
std::string bodyOf(const std::string& response) {
  const std::size_t at = response.find("\r\n\r\n");
  return at == std::string::npos ? "" : response.substr(at + 4);
}

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  TestServer server(echo);
  RawClient client(server.port());

  client.send("POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  const std::string first = client.readResponse();
  client.send("GET /again HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string second = client.readResponse();

  EXPECT_EQ(statusLine(first), "HTTP/1.1 200 OK");
  EXPECT_EQ(bodyOf(first), "POST /a?b=c hello");
  EXPECT_NE(first.find("\r\nDate: "), std::string::npos);
  EXPECT_EQ(first.find("Connection"), std::string::npos);
  EXPECT_EQ(bodyOf(second), "GET /again ");
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  TestServer server(echo);
  RawClient client(server.port());
  std::string all;
  for (int i = 0; i < 200; ++i) {
    all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  }

  client.send(all);

  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(bodyOf(client.readResponse()), "POST /" + std::to_string(i) + " abc");
  }
}

TEST(HttpServer, ReadsARequestThatArrivesByteByByte) {
  TestServer server(echo);
  RawClient client(server.port());

  for (const char c :
       std::string("PUT /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nabcd")) {
    client.send(std::string_view(&c, 1));
  }

  EXPECT_EQ(bodyOf(client.readResponse()), "PUT /slow abcd");
}

TEST(HttpServer, ReadsChunkedBodiesWithExtensionsAndTrailers) {
  TestServer server(echo);
  RawClient client(server.port());

  client.send(
      "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "4\r\nwiki\r\n5;name=value\r\npedia\r\n0\r\nX-Trailer: yes\r\n\r\n"
      "GET /next HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(bodyOf(client.readResponse()), "POST /c wikipedia");
  EXPECT_EQ(bodyOf(client.readResponse()), "GET /next ");
}

TEST(HttpServer, ReadsALargeBody) {
  TestServer server([](Exchange& exchange) -> Task<Response> {
    const std::string body = co_await exchange.body(64u << 20);
    Response response;
    response.body = std::to_string(body.size()) + (body.find('y') == 30'000'000 ? " right" : "");
    co_return response;
  });
  RawClient client(server.port());
  std::string body(40'000'000, 'x');
  body[30'000'000] = 'y';

  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000000\r\n\r\n");
  client.send(body);

  EXPECT_EQ(bodyOf(client.readResponse()), "40000000 right");
}

TEST(HttpServer, SaysContinueWhenTheBodyIsWanted) {
  TestServer server(echo);
  RawClient client(server.port());

  client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const std::string interim = client.readUntil("\r\n\r\n");
  client.send("ok");

  EXPECT_EQ(interim, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(bodyOf(client.readResponse()), "POST / ok");
}

TEST(HttpServer, ClosesWhenAnExpectedBodyIsNotWanted) {
  TestServer server(notFound);
  RawClient client(server.port());

  client.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  const std::string response = client.readResponse();

  EXPECT_EQ(statusLine(response), "HTTP/1.1 404 Not Found");
  EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos);
  client.finish();
  EXPECT_TRUE(client.closed());
}

/// Answers with the number of bytes, counted piece by piece, and what the head declared.
Task<Response> counted(Exchange& exchange) {
  const auto declared = exchange.declaredLength();
  std::size_t bytes = 0;
  while (true) {
    const std::string piece = co_await exchange.piece();
    if (piece.empty()) break;
    bytes += piece.size();
  }
  Response response;
  response.body = std::to_string(bytes) + (declared ? " of " + std::to_string(*declared) : "");
  co_return response;
}

TEST(HttpServer, GivesABodyInPieces) {
  TestServer server(counted);
  RawClient client(server.port());
  const std::string body(5'000'000, 'x');

  client.send(
      "PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5000000\r\n\r\n");
  EXPECT_EQ(client.readUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(body);
  EXPECT_EQ(bodyOf(client.readResponse()), "5000000 of 5000000");
  client.send("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4c4b40\r\n" + body +
              "\r\n3\r\nabc\r\n0\r\n\r\n");
  EXPECT_EQ(bodyOf(client.readResponse()), "5000003");
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(bodyOf(client.readResponse()), "0 of 0");
}

TEST(HttpServer, SkipsABodyThatTheHandlerIgnores) {
  TestServer server(notFound);
  RawClient client(server.port());

  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n");
  const std::string first = client.readResponse();
  client.send("hello");
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(statusLine(first), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(statusLine(client.readResponse()), "HTTP/1.1 404 Not Found");
}

TEST(HttpServer, RefusesABodyAboveTheLimitAndStillDeliversTheAnswer) {
  TestServer server([](Exchange& exchange) -> Task<Response> {
    co_await exchange.body(1000);
    co_return Response{};
  });

  RawClient declared(server.port());
  declared.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n");
  declared.send(std::string(2'000'000, 'x'));
  const std::string first = declared.readResponse();
  RawClient chunked(server.port());
  chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n");
  chunked.send(std::string(0xfffff, 'x'));
  const std::string second = chunked.readResponse();

  EXPECT_EQ(bodyOf(first), "payload size exceeds maximum allowed size (1000 bytes)");
  EXPECT_EQ(bodyOf(second), "payload size exceeds maximum allowed size (1000 bytes)");
  EXPECT_NE(second.find("Connection: close"), std::string::npos);
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  TestServer server(echo);
  RawClient client(server.port());

  client.send("HEAD /h HTTP/1.1\r\nHost: x\r\n\r\nGET /g HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = client.readUntil("\r\n\r\n");

  EXPECT_NE(head.find("Content-Length: 8\r\n"), std::string::npos);
  EXPECT_EQ(bodyOf(client.readResponse()), "GET /g ");
}

TEST(HttpServer, SendsNoBodyAndNoLengthWith204) {
  TestServer server([](Exchange&) -> Task<Response> {
    Response response;
    response.status = 204;
    response.body = "must not be seen";
    co_return response;
  });
  RawClient client(server.port());

  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string response = client.readAll();

  EXPECT_EQ(statusLine(response), "HTTP/1.1 204 No Content");
  EXPECT_EQ(response.find("Content-Length"), std::string::npos);
  EXPECT_EQ(bodyOf(response), "");
}

TEST(HttpServer, KeepsTheSpellingOfHeadersAndDropsInjectedLines) {
  TestServer server([](Exchange&) -> Task<Response> {
    Response response;
    response.headers.add("X-Fc-Request-Id", "1");
    response.headers.add("Etag", "2");
    response.headers.add("Bad", "a\r\nInjected: yes");
    response.headers.add("Content-Length", "77");
    co_return response;
  });
  RawClient client(server.port());

  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string response = client.readResponse();

  EXPECT_NE(response.find("\r\nX-Fc-Request-Id: 1\r\nEtag: 2\r\n"), std::string::npos);
  EXPECT_EQ(response.find("Injected"), std::string::npos);
  EXPECT_NE(response.find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(response.find("77"), std::string::npos);
  EXPECT_EQ(response.find("Content-Type"), std::string::npos);
}

TEST(HttpServer, ClosesAfterHttp10UnlessAsked) {
  TestServer server(echo);

  RawClient plain(server.port());
  plain.send("GET / HTTP/1.0\r\n\r\n");
  const std::string closing = plain.readAll();
  RawClient kept(server.port());
  kept.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string first = kept.readResponse();
  kept.send("GET /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

  EXPECT_NE(closing.find("Connection: close\r\n"), std::string::npos);
  EXPECT_NE(first.find("Connection: keep-alive\r\n"), std::string::npos);
  EXPECT_EQ(bodyOf(kept.readResponse()), "GET /2 ");
}

TEST(HttpServer, AnswersAFailedHandlerWith500) {
  TestServer server([](Exchange&) -> Task<Response> {
    throw std::runtime_error("secret detail");
    co_return Response{};
  });
  RawClient client(server.port());

  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string response = client.readResponse();

  EXPECT_EQ(statusLine(response), "HTTP/1.1 500 Internal Server Error");
  EXPECT_EQ(response.find("secret"), std::string::npos);
}

TEST(HttpServer, KnowsThePeer) {
  TestServer server([](Exchange& exchange) -> Task<Response> {
    Response response;
    response.body = exchange.peerAddress();
    response.body += exchange.encrypted() ? " encrypted" : " plain";
    co_return response;
  });
  RawClient client(server.port());

  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(bodyOf(client.readResponse()), "127.0.0.1 plain");
}

}  // namespace
}  // namespace openfc::http
