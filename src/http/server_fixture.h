#pragma once

// For this room's tests: a server on a loop of its own thread, and blocking clients that say
// exactly what they are told.
#include "base/check.h"
#include "base/fd.h"
#include "http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <future>
#include <string>
#include <string_view>
#include <thread>

namespace openfc::http {

/// A blocking socket; a read that waits ten seconds in vain fails its test by coming back short.
class RawClient {
public:
  explicit RawClient(int port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
          "connect to the server under test");
  }

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (sent < 0) return;  // the server has closed; the test sees what it reads
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void finish() { ::shutdown(fd_.get(), SHUT_WR); }
  /// Ends the connection with a reset.
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd_.reset();
  }
  int fd() const { return fd_.get(); }

  /// Everything until the server closes.
  std::string readAll() {
    while (readSome()) {
    }
    return std::exchange(received_, {});
  }
  /// Through the first occurrence of `end`; shorter when the server closes before.
  std::string readUntil(std::string_view end) {
    std::size_t found = received_.find(end);
    while (found == std::string::npos && readSome()) found = received_.find(end);
    return take(found == std::string::npos ? received_.size() : found + end.size());
  }
  std::string read(std::size_t count) {
    while (received_.size() < count && readSome()) {
    }
    return take(std::min(count, received_.size()));
  }
  /// Head and body (by Content-Length) of one response.
  std::string readResponse() {
    std::string head = readUntil("\r\n\r\n");
    const std::size_t at = head.find("Content-Length: ");
    if (at == std::string::npos) return head;
    return head + read(std::stoul(head.substr(at + 16)));
  }
  /// Whether the server has closed, waiting for it.
  bool closed() { return received_.empty() && !readSome(); }

private:
  bool readSome() {
    char buffer[65536];
    const ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(count));
    return true;
  }
  std::string take(std::size_t count) {
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
  }

  Fd fd_;
  std::string received_;
};

/// Runs a loop on its own thread and a server on it. The destructor drains.
class TestServer {
public:
  explicit TestServer(Handler handler, ServerConfig config = {},
                      const std::optional<TlsFiles>& tls = std::nullopt)
      : server_(loop_, config, std::move(handler), &refusal) {
    port_ = server_.listen("127.0.0.1:0", tls);
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~TestServer() {
    loop_.post([this] { spawn(drainAndStop(), "drain the server under test"); });
    thread_.join();
  }

  int port() const { return port_; }
  net::EventLoop& loop() { return loop_; }
  Server& server() { return server_; }

  /// Runs `function` on the loop and returns its result.
  template <class Function>
  auto onLoop(Function function) {
    std::packaged_task<decltype(function())()> task(std::move(function));
    auto result = task.get_future();
    loop_.post([&task] { task(); });
    return result.get();
  }

private:
  static Response refusal(int status, std::string_view reason) {
    Response response;
    response.status = status;
    response.body = reason;
    return response;
  }
  Task<> drainAndStop() {
    co_await server_.drain(loop_.steady() + std::chrono::seconds(10));
    loop_.stop();
  }

  net::EventLoop loop_;
  Server server_;
  int port_ = 0;
  std::thread thread_;
};

/// Answers with method, target and body.
inline Task<Response> echo(Exchange& exchange) {
  const std::string body = co_await exchange.body(1u << 20);
  Response response;
  response.body =
      exchange.request().method + " " + exchange.request().target + " " + std::string(body);
  co_return response;
}

/// Answers 404 without a look at the body.
inline Task<Response> notFound(Exchange&) {
  Response response;
  response.status = 404;
  response.body = "no";
  co_return response;
}

}  // namespace openfc::http
