#pragma once

#include "auth/authenticator.h"
#include "auth/oss_signature.h"
#include "base/check.h"
#include "base/error.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace openfc::cli {

/// An HTTP server for tests of clients: answers each request by a function and keeps them all. One
/// connection a request. Refuses what is not signed with the development key.
class Recorder {
public:
  using Answer = std::function<http::Response(const http::Request&)>;

  explicit Recorder(Answer answer)
      : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    check(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), "bind");
    check(::listen(listener_.get(), 16), "listen");
    check(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), "name");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Recorder() { stop(); }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }
  /// Ends the server; requests() then is complete.
  void stop() {
    if (!thread_.joinable()) return;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    listener_.reset();
  }
  const std::vector<http::Request>& requests() {
    stop();
    return requests_;
  }

private:
  void serve() {
    while (true) {
      const Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!connection) return;
      const http::Request request = read(connection.get());
      requests_.push_back(request);
      write(connection.get(), answerTo(request));
    }
  }

  /// Throws Error unless the request is signed for the API, or for object storage.
  void checkSignature(const http::Request& request) const {
    const auto claim = auth::ossClaimOf(request);
    if (!claim) {
      static_cast<void>(auth::Authenticator(keys_).authenticate(request, SystemClock().now()));
    } else if (!auth::ossSignatureFits(request, request.target, *claim,
                                       auth::developmentKey().secret)) {
      throw Error(Code::signatureNotMatch, "the signature of the request to a bucket is wrong");
    }
  }

  http::Response answerTo(const http::Request& request) const {
    try {
      checkSignature(request);
      return answer_(request);
    } catch (const Error& error) {
      return {.status = error.status(),
              .body = "{\"ErrorCode\":\"" + std::string(error.name()) + "\"}"};
    }
  }

  static http::Request read(int connection) {
    std::string text;
    std::array<char, 65536> buffer;
    std::size_t wanted = std::string::npos;
    std::size_t headEnd = std::string::npos;
    while (text.size() < wanted) {
      const auto count = ::read(connection, buffer.data(), buffer.size());
      if (count <= 0) break;
      text.append(buffer.data(), static_cast<std::size_t>(count));
      headEnd = text.find("\r\n\r\n");
      if (headEnd == std::string::npos) continue;
      const http::Request head = requestOf(text.substr(0, headEnd));
      const std::string length(head.headers.find("content-length").value_or("0"));
      wanted = headEnd + 4 + std::stoul(length);
    }
    http::Request request = requestOf(text.substr(0, headEnd));
    if (headEnd != std::string::npos) request.body = text.substr(headEnd + 4);
    return request;
  }

  static http::Request requestOf(std::string_view head) {
    http::Request request;
    const std::string_view line = takeLine(head);
    const auto blank = line.find(' ');
    request.method = line.substr(0, blank);
    request.target = line.substr(blank + 1, line.rfind(' ') - blank - 1);
    while (!head.empty()) {
      const std::string_view header = takeLine(head);
      const auto colon = header.find(':');
      const auto value = header.find_first_not_of(' ', colon + 1);
      request.headers.add(std::string(header.substr(0, colon)),
                          value == std::string_view::npos ? "" : std::string(header.substr(value)));
    }
    return request;
  }

  static std::string_view takeLine(std::string_view& text) {
    const auto end = std::min(text.find("\r\n"), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 2, text.size()));
    return line;
  }

  static void write(int connection, const http::Response& response) {
    std::string text =
        "HTTP/1.1 " + std::to_string(response.status) +
        " X\r\nConnection: close\r\nContent-Length: " + std::to_string(response.body.size()) +
        "\r\n";
    for (const http::Header& header : response.headers.all())
      text += header.name + ": " + header.value + "\r\n";
    text += "\r\n" + response.body;
    check(::write(connection, text.data(), text.size()), "answer");
  }

  auth::Keys keys_{{auth::developmentKey()}};
  Answer answer_;
  Fd listener_;
  int port_ = 0;
  std::vector<http::Request> requests_;
  std::thread thread_;
};

}  // namespace openfc::cli
