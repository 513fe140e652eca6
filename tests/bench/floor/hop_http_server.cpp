// The floor of a custom runtime: the bare Beast server with one hop to an HTTP server behind a Unix
// socket; each connection has one of its own to that. HEADERS names a file of header lines that go
// with each hop: a custom runtime is promised the context in headers. hop_http_server PORT SOCKET
// [HEADERS]
#include "floor.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace {

class Hop {
public:
  Hop(asio::io_context& context, const std::string& path, const std::string& headers)
      : socket_(std::make_unique<WorkerSocket>(context.get_executor())),
        start_("POST /invoke HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "Content-Length: ") {
    socket_->connect(stream_protocol::endpoint(path));
  }

  Awaitable<std::string> operator()(std::string body) {
    const std::string head = start_ + std::to_string(body.size()) + "\r\n\r\n";
    const std::array<asio::const_buffer, 2> request{asio::buffer(head), asio::buffer(body)};
    co_await asio::async_write(*socket_, request, awaited);
    http::response<http::string_body> response;
    co_await http::async_read(*socket_, buffer_, response, awaited);
    co_return std::move(response.body());
  }

private:
  std::unique_ptr<WorkerSocket> socket_;
  std::string start_;
  boost::beast::flat_buffer buffer_;
};

std::string textOf(const char* file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(std::string("cannot read ") + file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) {
    std::fprintf(stderr, "usage: hop_http_server PORT SOCKET [HEADERS]\n");
    return 2;
  }
  const std::string headers = argc == 4 ? textOf(argv[3]) : "";
  asio::io_context context(1);
  serveForever(context, argv[1], [&] { return Hop(context, argv[2], headers); });
  return 0;
}
