// The floor of a custom runtime: the bare Beast server with one hop to an HTTP server behind a Unix
// socket; each connection has one of its own to that. hop_http_server PORT SOCKET
#include "floor.h"

#include <cstdio>

namespace {

class Hop {
public:
  Hop(asio::io_context& context, const std::string& path)
      : socket_(std::make_unique<WorkerSocket>(context.get_executor())) {
    socket_->connect(stream_protocol::endpoint(path));
  }

  Awaitable<std::string> operator()(std::string body) {
    http::request<http::string_body> request(http::verb::post, "/invoke", 11, std::move(body));
    request.set(http::field::host, "127.0.0.1");
    request.prepare_payload();
    co_await http::async_write(*socket_, request, awaited);
    http::response<http::string_body> response;
    co_await http::async_read(*socket_, buffer_, response, awaited);
    co_return std::move(response.body());
  }

private:
  std::unique_ptr<WorkerSocket> socket_;
  boost::beast::flat_buffer buffer_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: hop_http_server PORT SOCKET\n");
    return 2;
  }
  asio::io_context context(1);
  serveForever(context, argv[1], [&] { return Hop(context, argv[2]); });
  return 0;
}
