// Sending: the response of the request under way.
#include "base/log.h"
#include "http/server_connection.h"

#include <fmt/core.h>

#include <array>

namespace openfc::http {
namespace {

constexpr std::size_t pieceSize =
    std::size_t{256} * 1024;  // of a large body; each piece has its own deadline

bool mayHaveBody(int status) { return status >= 200 && status != 204 && status != 304; }

}  // namespace

std::string_view ServerConnection::connectionHeader() const {
  if (!keepAlive_) return "close";
  return framing_.http11 ? "" : "keep-alive";
}

Task<Exchange::Upgraded> ServerConnection::upgrade(Response response) {
  onDisconnect(nullptr);
  if (watching_) stream_->onReadable(nullptr);
  watching_ = false;
  upgraded_ = true;
  keepAlive_ = false;
  out_.clear();
  appendResponseHead(out_, response.status, response.headers,
                     {.dateLine = server_->date.now(), .connection = "Upgrade"});
  co_await writeText(out_);
  std::string received(input_.bytes());
  input_.consume(received.size());
  co_return Upgraded{server_->loop, *stream_, std::move(received)};
}

Task<> ServerConnection::respond(Response response) {
  if (upgraded_) co_return;
  if (bodyFailure_ != 0) {
    response = server_->refusal(bodyFailure_, "the request body did not arrive");
  }
  const Unread rest = unread();
  if (rest == Unread::tooMuch) {
    keepAlive_ = false;
    lingering_ = true;
  }
  if (server_->draining) keepAlive_ = false;
  const bool bodyless = request_.method == "HEAD" || !mayHaveBody(response.status);
  if (response.source) {
    co_await sendSource(std::move(response), bodyless);
  } else {
    co_await sendWhole(&response, bodyless);
  }
  if (watching_) {
    stream_->onReadable(nullptr);
    watching_ = false;
  }
  disconnected_ = nullptr;
  if (rest == Unread::rest) co_await skipBody();
}

Task<> ServerConnection::sendWhole(const Response* response, bool bodyless) {
  HeadExtras extras{.dateLine = server_->date.now(), .connection = connectionHeader()};
  if (mayHaveBody(response->status)) extras.length = response->body.size();
  out_.clear();
  appendResponseHead(out_, response->status, response->headers, extras);
  std::string_view rest = bodyless ? std::string_view() : response->body;
  std::array<std::string_view, 2> parts{out_, rest.substr(0, pieceSize)};
  while (true) {
    co_await stream_->write(parts, in(server_->config.writeTimeout));
    rest.remove_prefix(parts[1].size());
    if (rest.empty()) co_return;
    parts = {"", rest.substr(0, pieceSize)};
    co_await Yield{server_->loop};
  }
}

Task<> ServerConnection::sendSource(Response response, bool bodyless) {
  const std::optional<std::uint64_t> length = response.source->length();
  const bool chunked = !length && framing_.http11 && mayHaveBody(response.status);
  if (!length && !chunked && !bodyless) keepAlive_ = false;  // HTTP/1.0: the end is the end
  HeadExtras extras{
      .dateLine = server_->date.now(), .chunked = chunked, .connection = connectionHeader()};
  if (mayHaveBody(response.status)) extras.length = length;
  out_.clear();
  appendResponseHead(out_, response.status, response.headers, extras);
  co_await writeText(out_);
  if (bodyless) co_return;
  bool failed = false;
  try {
    co_await sendPieces(response.source.get(), length, chunked);
  } catch (const net::IoError&) {
    throw;
  } catch (const std::exception& failure) {
    log::warn("a response body broke off", {{"reason", failure.what()}});
    failed = true;
  }
  if (failed) stream_->close();  // the client sees that something is missing
}

Task<> ServerConnection::sendPieces(BodySource* source, std::optional<std::uint64_t> length,
                                    bool chunked) {
  std::uint64_t sent = 0;
  while (true) {
    const std::string piece = co_await source->next();
    if (piece.empty()) break;
    sent += piece.size();
    if (length && sent > *length) throw std::runtime_error("it is longer than was announced");
    const std::string size = chunked ? fmt::format("{:x}\r\n", piece.size()) : std::string();
    const std::array<std::string_view, 3> parts{size, piece, chunked ? "\r\n" : ""};
    co_await stream_->write(parts, in(server_->config.writeTimeout));
  }
  if (length && sent < *length) throw std::runtime_error("it is shorter than was announced");
  if (chunked) co_await writeText("0\r\n\r\n");
}

Task<> ServerConnection::writeText(std::string_view text) {
  const std::array<std::string_view, 1> parts{text};
  co_await stream_->write(parts, in(server_->config.writeTimeout));
}

}  // namespace openfc::http
