// The life of a connection: time-outs, ends, streaming, drain, TLS.
#include "http/server.h"
#include "http/server_fixture.h"
#include "http/test_certificate.h"
#include "http/web_socket.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <atomic>
#include <deque>

namespace openfc::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view simple = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(HttpConnection, ClosesWhenIdleForLong) {
  TestServer server(echo, {.idleTimeout = milliseconds(20)});
  RawClient client(server.port());

  client.send(simple);
  client.readResponse();

  EXPECT_TRUE(client.closed());
}

/// Takes the connection over and echoes one message of a WebSocket.
Task<Response> echoOnce(Exchange& exchange) {
  Response head;
  head.status = 101;
  head.headers.add("Upgrade", "websocket");
  auto upgraded = co_await exchange.upgrade(std::move(head));
  WebSocket socket(upgraded.loop, upgraded.stream, upgraded.received, 100);
  const auto message = co_await socket.receive(SteadyTime::max());
  if (message) co_await socket.send(FrameKind::binary, message->payload + "!");
  co_await socket.close(closeNormal, "done");
  co_return Response();
}

TEST(HttpConnection, IsLeftToWhoUpgradesIt) {
  TestServer server(echoOnce);
  RawClient client(server.port());
  constexpr std::array<char, 4> mask{'a', 'b', 'c', 'd'};

  // The first frames come with the request, one of them in the middle of a message.
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n" +
              toMaskedBytes({.kind = FrameKind::text, .last = false, .payload = "he"}, mask) +
              toMaskedBytes({.kind = FrameKind::ping, .payload = "p"}, mask));
  client.send(toMaskedBytes({.kind = FrameKind::continuation, .payload = "llo"}, mask));

  EXPECT_EQ(client.readUntil("\r\n").substr(0, 13), "HTTP/1.1 101 ");
  const std::string head = client.readUntil("\r\n\r\n");
  EXPECT_NE(head.find("Connection: Upgrade\r\n"), std::string::npos) << head;
  EXPECT_EQ(head.find("Content-Length"), std::string::npos) << head;
  EXPECT_EQ(client.readAll(),
            toBytes({.kind = FrameKind::pong, .payload = "p"}) +
                toBytes({.kind = FrameKind::binary, .payload = "hello!"}) +
                toBytes({.kind = FrameKind::close, .payload = closePayload(closeNormal, "done")}));
}

TEST(HttpConnection, Answers408ToAHeadThatDoesNotEnd) {
  TestServer server(echo, {.headerTimeout = milliseconds(20)});
  RawClient client(server.port());

  client.send("GET / HTTP/1.1\r\nHost:");
  const std::string response = client.readResponse();

  EXPECT_TRUE(response.starts_with("HTTP/1.1 408 ")) << response;
}

TEST(HttpConnection, Answers408ToABodyThatStalls) {
  TestServer server(echo, {.bodyTimeout = milliseconds(20)});
  RawClient client(server.port());

  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf");
  const std::string response = client.readResponse();

  EXPECT_TRUE(response.starts_with("HTTP/1.1 408 ")) << response;
  EXPECT_NE(response.find("Connection: close"), std::string::npos);
}

TEST(HttpConnection, RefusesMalformedRequestsByTheErrorFunction) {
  TestServer server(echo);
  RawClient client(server.port());

  client.send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n");
  client.finish();
  const std::string response = client.readAll();

  EXPECT_TRUE(response.starts_with("HTTP/1.1 400 Bad Request\r\n")) << response;
  EXPECT_TRUE(response.ends_with("\r\n\r\nContent-Length is given twice")) << response;
  EXPECT_NE(response.find("Connection: close"), std::string::npos);
}

TEST(HttpConnection, RefusesAMegabyteOfHeaders) {
  TestServer server(echo);
  RawClient client(server.port());

  client.send("GET / HTTP/1.1\r\nHost: x\r\nA: ");
  client.send(std::string(1'000'000, 'a'));
  const std::string response = client.readResponse();

  EXPECT_TRUE(response.starts_with("HTTP/1.1 431 ")) << response.substr(0, 100);
}

TEST(HttpConnection, ClosesTheOneThatHasWaitedLongestWhenFull) {
  TestServer server(echo, {.maxConnections = 2});
  RawClient slow(server.port());
  slow.send("GET / HTTP/1.1\r\nHost:");
  RawClient idle(server.port());
  idle.send(simple);
  idle.readResponse();

  RawClient newcomer(server.port());
  newcomer.send(simple);

  EXPECT_TRUE(newcomer.readResponse().starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(slow.closed());
  idle.send(simple);
  EXPECT_TRUE(idle.readResponse().starts_with("HTTP/1.1 200 "));
}

/// Suspends its handler until the test or the client's end lets it go on.
struct Gate {
  std::promise<void> entered;
  std::atomic<bool> disconnected = false;
  OneShot<bool> open;
  bool waitsForBody = false;
};

Task<Response> waitAtGate(std::shared_ptr<Gate> gate, Exchange* exchange) {
  if (gate->waitsForBody) co_await exchange->body(1000);
  exchange->onDisconnect([gate] {
    gate->disconnected = true;
    gate->open.give(true);
  });
  gate->entered.set_value();
  co_await gate->open;
  exchange->onDisconnect(nullptr);
  Response response;
  response.body = gate->disconnected ? "gone" : "passed";
  co_return response;
}

Handler gated(const std::shared_ptr<Gate>& gate) {
  return [gate](Exchange& exchange) { return waitAtGate(gate, &exchange); };
}

TEST(HttpConnection, TurnsClientsAwayWhenAllOthersHaveRequestsUnderWay) {
  const auto gate = std::make_shared<Gate>();
  TestServer server(gated(gate), {.maxConnections = 1});
  RawClient first(server.port());
  first.send(simple);
  gate->entered.get_future().wait();

  RawClient second(server.port());
  const std::string response = second.readAll();

  EXPECT_TRUE(response.starts_with("HTTP/1.1 503 ")) << response;
  EXPECT_EQ(server.onLoop([&] { return server.server().connections(); }), 1u);
  server.loop().post([gate] { gate->open.give(true); });
  EXPECT_TRUE(first.readResponse().ends_with("passed"));
}

TEST(HttpConnection, TellsTheHandlerWhenTheClientEnds) {
  auto gate = std::make_shared<Gate>();
  gate->waitsForBody = true;
  TestServer server(gated(gate));
  RawClient client(server.port());

  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok");
  gate->entered.get_future().wait();
  client.finish();

  // Only the client's end opens the gate. One that merely ended its side still gets its answer.
  EXPECT_TRUE(client.readAll().ends_with("gone"));
}

TEST(HttpConnection, TellsTheHandlerWhenTheClientResets) {
  auto gate = std::make_shared<Gate>();
  {
    TestServer server(gated(gate));
    RawClient client(server.port());
    client.send(simple);
    gate->entered.get_future().wait();

    client.reset();
    // The server's drain ends when the handler does, and that waits for the disconnect.
  }

  EXPECT_TRUE(gate->disconnected);
}

TEST(HttpConnection, IsNotDisturbedByPipelinedRequestsWhileItHandles) {
  auto gate = std::make_shared<Gate>();
  TestServer server([gate](Exchange& exchange) {
    return exchange.request().target == "/" ? waitAtGate(gate, &exchange) : echo(exchange);
  });
  RawClient client(server.port());
  client.send(simple);
  gate->entered.get_future().wait();

  client.send("GET /second HTTP/1.1\r\nHost: x\r\n\r\n");
  server.loop().post([gate] { gate->open.give(true); });

  EXPECT_TRUE(client.readResponse().ends_with("passed"));
  EXPECT_TRUE(client.readResponse().ends_with("GET /second "));
}

TEST(HttpConnection, ServesOthersWhileOneClientPipelinesWithoutEnd) {
  TestServer server(notFound);
  RawClient busy(server.port());
  std::atomic<bool> enough = false;
  std::string many;
  for (int i = 0; i < 1000; ++i) many += simple;
  std::thread writing([&] {
    while (!enough) busy.send(many);
    busy.finish();
  });
  std::thread reading([&] { (void)busy.readAll(); });

  RawClient other(server.port());
  other.send(simple);
  const std::string response = other.readResponse();
  enough = true;
  writing.join();
  reading.join();

  EXPECT_TRUE(response.starts_with("HTTP/1.1 404 "));
}

class Pieces final : public BodySource {
public:
  Pieces(std::deque<std::string> pieces, std::optional<std::uint64_t> length)
      : pieces_(std::move(pieces)), length_(length) {}
  std::optional<std::uint64_t> length() const override { return length_; }
  Task<std::string> next() override {
    if (pieces_.empty()) co_return "";
    std::string piece = std::move(pieces_.front());
    pieces_.pop_front();
    if (piece == "throw") throw std::runtime_error("expected by the test");
    co_return piece;
  }

private:
  std::deque<std::string> pieces_;
  std::optional<std::uint64_t> length_;
};

Handler streaming(const std::deque<std::string>& pieces, std::optional<std::uint64_t> length) {
  return [pieces, length](Exchange&) -> Task<Response> {
    return [](std::deque<std::string> p, std::optional<std::uint64_t> l) -> Task<Response> {
      Response response;
      response.source = std::make_unique<Pieces>(std::move(p), l);
      co_return response;
    }(pieces, length);
  };
}

TEST(HttpConnection, StreamsChunkedWhenTheLengthIsUnknown) {
  TestServer server(streaming({"hello ", "world"}, {}));
  RawClient client(server.port());

  client.send(simple);
  const std::string response = client.readUntil("0\r\n\r\n");
  client.send("GET / HTTP/1.0\r\n\r\n");
  const std::string old = client.readAll();

  EXPECT_NE(response.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_TRUE(response.ends_with("\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n"));
  EXPECT_TRUE(old.ends_with("\r\n\r\nhello world"));
}

TEST(HttpConnection, StreamsWithALengthThatIsKnown) {
  TestServer server(streaming({"hello ", "world"}, 11));
  RawClient client(server.port());

  client.send(simple);
  const std::string response = client.readResponse();
  client.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string head = client.readAll();

  EXPECT_TRUE(response.ends_with("\r\n\r\nhello world"));
  EXPECT_NE(head.find("Content-Length: 11\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(HttpConnection, BreaksOffWhenTheBodyDoes) {
  TestServer chunked(streaming({"half", "throw"}, {}));
  TestServer tooShort(streaming({"half"}, 10));
  RawClient first(chunked.port());
  RawClient second(tooShort.port());

  first.send(simple);
  second.send(simple);

  EXPECT_EQ(first.readAll().find("0\r\n\r\n"), std::string::npos);
  EXPECT_TRUE(second.readAll().ends_with("\r\n\r\nhalf"));
}

TEST(HttpConnection, StreamsALargeBodyThatWasGivenWhole) {
  TestServer server([](Exchange&) -> Task<Response> {
    Response response;
    response.body = std::string(5'000'000, 'x');
    co_return response;
  });
  RawClient client(server.port());

  client.send(simple);

  EXPECT_TRUE(client.readResponse().ends_with(std::string(5'000'000, 'x')));
}

TEST(HttpConnection, DrainsIdleConnectionsAtOnceAndOthersAfterTheirAnswer) {
  auto gate = std::make_shared<Gate>();
  auto server = std::make_unique<TestServer>(gated(gate));
  RawClient idle(server->port());
  RawClient busy(server->port());
  busy.send(simple);
  gate->entered.get_future().wait();
  net::EventLoop& loop = server->loop();

  std::thread draining([&] { server.reset(); });
  const bool idleClosed = idle.closed();
  loop.post([gate] { gate->open.give(true); });
  const std::string answer = busy.readAll();
  draining.join();

  EXPECT_TRUE(idleClosed);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("passed"));
}

/// A blocking TLS client.
class TlsClient {
public:
  TlsClient(int port, int maxVersion)
      : socket_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_max_proto_version(context_, maxVersion);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, socket_.fd());
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const { return connected_; }
  void send(std::string_view text) { SSL_write(ssl_, text.data(), static_cast<int>(text.size())); }
  std::string readAll() {
    std::string all;
    char buffer[65536];
    int count = 0;
    while ((count = SSL_read(ssl_, buffer, sizeof buffer)) > 0) {
      all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
  }

private:
  RawClient socket_;
  SSL_CTX* context_;
  SSL* ssl_;
  bool connected_ = false;
};

TEST(HttpConnection, SpeaksTls) {
  const TestCertificate certificate;
  TestServer server(
      [](Exchange& exchange) -> Task<Response> {
        Response response;
        response.body = co_await exchange.body(10'000'000);
        response.body += exchange.encrypted() ? " encrypted" : " plain";
        co_return response;
      },
      {}, TlsFiles{certificate.certificateFile(), certificate.keyFile()});
  const std::string body(3'000'000, 'x');

  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.port(), version);
    ASSERT_TRUE(client.connected());
    client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3000000\r\n\r\n");
    client.send(body);
    EXPECT_TRUE(client.readAll().ends_with("\r\n\r\n" + body + " encrypted"));
  }
}

TEST(HttpConnection, RefusesOldTls) {
  const TestCertificate certificate;
  TestServer server(echo, {}, TlsFiles{certificate.certificateFile(), certificate.keyFile()});

  const TlsClient client(server.port(), TLS1_1_VERSION);

  EXPECT_FALSE(client.connected());
}

TEST(HttpConnection, SaysWhatIsWrongWithACertificate) {
  const TestCertificate one;
  const TestCertificate other;
  net::EventLoop loop;
  Server server(loop, {}, echo, {});

  EXPECT_THROW(server.listen("127.0.0.1:0", TlsFiles{"/nonexistent", one.keyFile()}),
               std::runtime_error);
  EXPECT_THROW(server.listen("127.0.0.1:0", TlsFiles{one.certificateFile(), other.keyFile()}),
               std::runtime_error);
}

TEST(HttpConnection, OutlivesAClientThatLeavesWithinALargeAnswer) {
  TestServer server([](Exchange& exchange) -> Task<Response> {
    exchange.onDisconnect([] {});
    Response response;
    response.body.assign(32u << 20, 'x');
    co_return response;
  });
  for (int i = 0; i < 3; ++i) {
    RawClient client(server.port());
    client.send(simple);
    client.read(1000);
    client.reset();
  }
  while (server.onLoop([&] { return server.server().connections(); }) > 0)
    std::this_thread::yield();

  RawClient next(server.port());
  next.send(simple);
  EXPECT_TRUE(next.readUntil("\r\n").starts_with("HTTP/1.1 200 "));
}

TEST(HttpConnection, BoundsWhatLargeHeadsOfAllHaveInMemory) {
  TestServer server(echo, {.maxHeadBytesInFlight = 20'000});
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(10'000, 'x');
  RawClient first(server.port());
  first.send(head);
  while (server.onLoop([&] { return server.server().headBytes(); }) == 0) std::this_thread::yield();

  RawClient second(server.port());
  second.send(head);
  const std::string refused = second.readResponse();
  RawClient usual(server.port());
  usual.send(simple);
  const std::string served = usual.readResponse();
  first.send("\r\n\r\n");

  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused;
  EXPECT_NE(refused.find("maxHeadBytesInFlight"), std::string::npos);
  EXPECT_TRUE(served.starts_with("HTTP/1.1 200 ")) << served;
  EXPECT_TRUE(first.readResponse().starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace openfc::http
