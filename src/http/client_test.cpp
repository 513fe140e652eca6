#include "http/client.h"

#include "base/error.h"
#include "http/server_fixture.h"
#include "net/listener.h"
#include "net/loop_fixture.h"

#include <gtest/gtest.h>

namespace openfc::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A client connection and the raw end of a server that says what the test tells it.
class Scripted : public ::testing::Test {
protected:
  Scripted() {
    int ends[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "make a socket pair");
    connection_ = std::make_unique<Connection>(loop_.adopt(Fd(ends[0])));
    server_ = Fd(ends[1]);
  }

  void answer(std::string_view text) const {
    check(::write(server_.get(), text.data(), text.size()), "answer");
  }
  std::string received() const {
    std::string text(65536, '\0');
    text.resize(static_cast<std::size_t>(
        check(::read(server_.get(), text.data(), text.size()), "read the request")));
    return text;
  }
  Response ask(std::string method = "GET", std::size_t limit = 1000) {
    Request request;
    request.method = std::move(method);
    request.target = "/path";
    request.headers.add("Host", "127.0.0.1");
    request.headers.add("X-Fc-Request-Id", "1");
    return net::runOn(
        loop_, connection_->roundTrip(std::move(request), limit, loop_.steady() + seconds(10)));
  }

  net::EventLoop loop_;
  std::unique_ptr<Connection> connection_;
  Fd server_;
};

TEST_F(Scripted, SendsHeadersAsTheyAreAndReadsTheAnswer) {
  answer("HTTP/1.1 201 Created\r\nContent-Length: 5\r\nX-A: b\r\n\r\nhello");

  const Response response = ask("POST");

  EXPECT_EQ(received(),
            "POST /path HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Fc-Request-Id: 1\r\n"
            "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.headers.find("x-a"), "b");
  EXPECT_EQ(response.body, "hello");
  EXPECT_TRUE(connection_->reusable());
}

TEST_F(Scripted, ReadsChunkedAnswersAndSkipsInterimOnes) {
  answer(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");

  const Response response = ask();

  EXPECT_EQ(response.body, "abc");
  EXPECT_FALSE(response.headers.has("link"));
  EXPECT_TRUE(connection_->reusable());
}

TEST_F(Scripted, ReadsUntilTheEndWithoutALength) {
  answer("HTTP/1.1 200 OK\r\n\r\nabc");
  ::shutdown(server_.get(), SHUT_WR);

  EXPECT_EQ(ask().body, "abc");
  EXPECT_FALSE(connection_->reusable());
}

TEST_F(Scripted, ReadsNoBodyAfterHead) {
  answer("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");

  EXPECT_EQ(ask("HEAD").body, "");
  EXPECT_TRUE(connection_->reusable());
}

TEST_F(Scripted, IsNotReusableWhenTheServerSaysOrDoesSo) {
  answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  ask();
  EXPECT_FALSE(connection_->usable());
  EXPECT_FALSE(connection_->reusable());
}

TEST_F(Scripted, SeesAServerThatEndedWhileIdle) {
  answer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ask();
  const bool before = connection_->reusable();
  server_.reset();

  EXPECT_TRUE(before);
  EXPECT_FALSE(connection_->reusable());
}

TEST_F(Scripted, RefusesAnAnswerAboveTheLimit) {
  answer("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");

  try {
    ask();
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::entityTooLarge);
  }
  EXPECT_FALSE(connection_->reusable());
}

TEST_F(Scripted, FailsWhenTheAnswerBreaksOffOrIsNoHttp) {
  answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  ::shutdown(server_.get(), SHUT_WR);
  EXPECT_THROW(ask(), net::IoError);
}

TEST_F(Scripted, FailsWhenTheAnswerIsNoHttp) {
  answer("+OK ready\r\n\r\n");
  EXPECT_THROW(ask(), net::IoError);
}

TEST(HttpClient, TalksToTheServerOfThisRoom) {
  net::EventLoop loop;
  Server server(loop, {}, echo, {});
  const int port = server.listen("127.0.0.1:0");
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  net::runOn(loop, loop.connectLocal(socket.get(), port, loop.steady() + seconds(10)));
  auto connection = std::make_unique<Connection>(loop.adopt(Fd(::dup(socket.get()))));

  for (const std::size_t size : {0u, 1u, 70'000u, 900'000u}) {
    Request request;
    request.method = "PUT";
    request.target = "/x";
    request.headers.add("Host", "x");
    request.body = std::string(size, 'b');
    const Response response =
        net::runOn(loop, connection->roundTrip(request, 1u << 20, loop.steady() + seconds(10)));
    EXPECT_EQ(response.body, "PUT /x " + request.body);
    EXPECT_TRUE(connection->reusable());
  }
  connection->close();
  net::runOn(loop, server.drain(loop.steady() + seconds(10)));
}

TEST_F(Scripted, CountsTheRequestsBodyUntilItIsSentAndThenTheAnswers) {
  ByteBudget budget({.total = 1000, .account = 1000});
  const auto share = budget.take("a", 100);
  Request request{.method = "POST", .target = "/", .body = std::string(100, 'x'), .bytes = share};
  answer("HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n" + std::string(600, 'y'));

  const Response response = net::runOn(
      loop_, connection_->roundTrip(std::move(request), 5000, loop_.steady() + seconds(10)));

  EXPECT_EQ(response.body.size(), 600u);
  EXPECT_EQ(share->bytes(), 600u);
}

TEST_F(Scripted, RefusesAnAnswerThatThereIsNoRoomFor) {
  ByteBudget budget({.total = 1000, .account = 1000});
  for (const std::string_view head :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n"}) {
    int ends[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "make a socket pair");
    connection_ = std::make_unique<Connection>(loop_.adopt(Fd(ends[0])));
    server_ = Fd(ends[1]);
    Request request{.method = "POST", .target = "/", .bytes = budget.share("a")};
    answer(std::string(head) + std::string(2000, 'y'));

    EXPECT_THROW(net::runOn(loop_, connection_->roundTrip(std::move(request), 5000,
                                                          loop_.steady() + seconds(10))),
                 Error);
    EXPECT_FALSE(connection_->usable());
  }
  EXPECT_EQ(budget.used(), 0u);
}

}  // namespace
}  // namespace openfc::http
