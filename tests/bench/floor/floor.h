#pragma once

// What the floors have in common: a bare Beast coroutine server on one thread.
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <memory>
#include <string>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using asio::local::stream_protocol;
using Executor = asio::io_context::executor_type;
using Awaited = asio::use_awaitable_t<Executor>;
template <class T>
using Awaitable = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using WorkerSocket = asio::basic_stream_socket<stream_protocol, Executor>;
constexpr Awaited awaited;

/// `answer` turns the body of a request into that of its response.
template <class Answer>
Awaitable<void> serve(Socket socket, Answer answer) {
  boost::beast::flat_buffer buffer;
  try {
    while (true) {
      http::request<http::string_body> request;
      co_await http::async_read(socket, buffer, request, awaited);
      http::response<http::string_body> response(http::status::ok, request.version());
      response.set(http::field::server, "floor");
      response.keep_alive(request.keep_alive());
      response.body() = co_await answer(std::move(request.body()));
      response.prepare_payload();
      co_await http::async_write(socket, response, awaited);
      if (!request.keep_alive()) break;
    }
  } catch (const std::exception&) {
    co_return;  // the client has gone
  }
}

/// Each connection gets an answerer of its own.
template <class MakeAnswer>
Awaitable<void> acceptAll(asio::io_context& context, unsigned short port, MakeAnswer makeAnswer) {
  asio::basic_socket_acceptor<tcp, Executor> acceptor(
      context.get_executor(), tcp::endpoint(asio::ip::address_v4::loopback(), port));
  while (true) {
    Socket socket = co_await acceptor.async_accept(awaited);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(context.get_executor(), serve(std::move(socket), makeAnswer()), asio::detached);
  }
}

/// Serves on a port of loopback and does not return.
template <class MakeAnswer>
void serveForever(asio::io_context& context, const char* port, MakeAnswer makeAnswer) {
  asio::co_spawn(context.get_executor(),
                 acceptAll(context, static_cast<unsigned short>(std::stoi(port)), makeAnswer),
                 asio::detached);
  context.run();
}
