// Receiving: the body of the request under way.
#include "base/error.h"
#include "http/growing.h"
#include "http/server_connection.h"

#include <algorithm>

namespace openfc::http {
namespace {

constexpr std::size_t skippedAtMost = std::size_t{256} * 1024;
constexpr std::size_t smallestRead = std::size_t{64} * 1024;
constexpr std::size_t largestRead = std::size_t{1024} * 1024;

Error tooLarge(std::size_t limit) { return errorOf(Code::entityTooLarge, {std::to_string(limit)}); }

}  // namespace

Task<std::string> ServerConnection::body(std::size_t limit) {
  bodyBegun_ = true;
  std::string body;
  if (framing_.body == BodyKind::length) {
    if (framing_.length > limit) throw tooLarge(limit);
    body = co_await lengthBody();
  } else if (framing_.body == BodyKind::chunked) {
    body = co_await chunkedBody(limit);
  }
  bodyTaken_ = true;
  if (disconnected_) watch();
  co_return body;
}

Task<> ServerConnection::sendContinue() {
  if (!framing_.awaitsContinue) co_return;
  framing_.awaitsContinue = false;
  co_await writeText("HTTP/1.1 100 Continue\r\n\r\n");
}

/// Reads some of the body; when it does not come, notes what to answer and throws IoError.
Task<std::size_t> ServerConnection::readBody(std::span<char> buffer) {
  try {
    const std::size_t count = co_await stream_->read(buffer, in(server_->config.bodyTimeout));
    if (count > 0) co_return count;
  } catch (const net::IoError& failure) {
    bodyFailure_ = failure.failure() == net::Failure::timedOut ? 408 : 400;
    throw;
  }
  bodyFailure_ = 400;
  throw net::IoError(net::Failure::closed, "the client ended the connection within a body");
}

Task<std::string> ServerConnection::lengthBody() {
  std::string body;
  body.reserve(framing_.length);  // untouched until it comes, and nothing is copied as it grows
  body = input_.bytes().substr(0, framing_.length);
  input_.consume(body.size());
  if (body.empty()) co_await sendContinue();
  while (body.size() < framing_.length) {
    const std::size_t had = body.size();
    growBy(body, std::min<std::size_t>(framing_.length - had,
                                       std::clamp(had, smallestRead, largestRead)));
    const std::size_t count = co_await readBody(std::span(body).subspan(had));
    body.resize(had + count);
    if (count >= smallestRead) co_await Yield{server_->loop};
  }
  co_return body;
}

Task<std::string> ServerConnection::chunkedBody(std::size_t limit) {
  std::string body;
  if (input_.empty()) co_await sendContinue();
  while (true) {
    const auto taken = parser_.chunks(input_.bytes(), body);
    if (!taken) throw invalidArgument(std::string(taken.error().reason));
    input_.consume(*taken);
    if (body.size() > limit) throw tooLarge(limit);
    if (parser_.complete()) co_return body;
    input_.added(co_await readBody(inputSpace()));
  }
}

std::optional<std::uint64_t> ServerConnection::declaredLength() const {
  if (framing_.body == BodyKind::chunked) return std::nullopt;
  return framing_.body == BodyKind::length ? framing_.length : 0;
}

Task<std::string> ServerConnection::piece() {
  if (bodyTaken_) co_return std::string();
  bodyBegun_ = true;
  std::string bytes =
      framing_.body == BodyKind::length ? co_await lengthPiece() : co_await chunkedPiece();
  if (bodyTaken_ && disconnected_) watch();
  co_return bytes;
}

Task<std::string> ServerConnection::lengthPiece() {
  const std::uint64_t left = framing_.length - pieced_;
  std::string bytes(input_.bytes().substr(0, left));
  input_.consume(bytes.size());
  if (bytes.empty() && left > 0) {
    co_await sendContinue();
    growBy(bytes, std::min<std::uint64_t>(left, largestPiece));
    bytes.resize(co_await readBody(bytes));
  }
  pieced_ += bytes.size();
  bodyTaken_ = pieced_ == framing_.length;
  co_return bytes;
}

Task<std::string> ServerConnection::chunkedPiece() {
  std::string bytes;
  if (input_.empty()) co_await sendContinue();
  while (true) {
    const auto taken = parser_.chunks(input_.bytes(), bytes);
    if (!taken) throw invalidArgument(std::string(taken.error().reason));
    input_.consume(*taken);
    bodyTaken_ = parser_.complete();
    if (bodyTaken_ || !bytes.empty()) co_return bytes;
    input_.added(co_await readBody(inputSpace()));
  }
}

ServerConnection::Unread ServerConnection::unread() const {
  if (bodyTaken_) return Unread::none;
  if (bodyBegun_ || framing_.awaitsContinue) return Unread::tooMuch;
  if (framing_.body == BodyKind::length && framing_.length > skippedAtMost) return Unread::tooMuch;
  return Unread::rest;
}

/// Takes a short body that the handler had no use for, so that the connection can go on.
Task<> ServerConnection::skipBody() {
  std::size_t skipped = 0;
  try {
    while (!bodyTaken_ && skipped <= skippedAtMost) skipped += (co_await piece()).size();
  } catch (const Error&) {
    skipped = skippedAtMost + 1;
  }
  if (skipped <= skippedAtMost) co_return;
  keepAlive_ = false;
  lingering_ = true;
}

}  // namespace openfc::http
