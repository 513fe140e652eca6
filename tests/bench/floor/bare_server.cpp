// The floor of the HTTP front: a bare Beast coroutine server on one thread that answers 200 to
// everything. bare_server PORT
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <cstdio>
#include <cstdlib>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::use_awaitable_t;
using asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Awaited = use_awaitable_t<Executor>;
template <class T>
using Awaitable = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
constexpr Awaited awaited;

namespace {

Awaitable<void> serve(Socket socket) {
  boost::beast::flat_buffer buffer;
  try {
    while (true) {
      http::request<http::string_body> request;
      co_await http::async_read(socket, buffer, request, awaited);
      http::response<http::string_body> response(http::status::ok, request.version());
      response.set(http::field::server, "floor");
      response.keep_alive(request.keep_alive());
      response.body() = "ok";
      response.prepare_payload();
      co_await http::async_write(socket, response, awaited);
      if (!request.keep_alive()) break;
    }
  } catch (const std::exception&) {
    co_return;  // the client has gone
  }
}

Awaitable<void> acceptAll(asio::io_context& context, unsigned short port) {
  asio::basic_socket_acceptor<tcp, Executor> acceptor(
      context.get_executor(), tcp::endpoint(asio::ip::address_v4::loopback(), port));
  while (true) {
    Socket socket = co_await acceptor.async_accept(awaited);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(context.get_executor(), serve(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bare_server PORT\n");
    return 2;
  }
  asio::io_context context(1);
  asio::co_spawn(context.get_executor(),
                 acceptAll(context, static_cast<unsigned short>(std::atoi(argv[1]))),
                 asio::detached);
  context.run();
  return 0;
}
