#include "http/web_socket.h"

#include "base/log.h"

#include <array>
#include <utility>

namespace openfc::http {
namespace {

constexpr Duration writeTimeout = std::chrono::seconds(30);

/// Lets whoever waits for a frame's end go on, however it ends.
class Sent {
public:
  explicit Sent(std::shared_ptr<OneShot<bool>> sent) : sent_(std::move(sent)) {}
  ~Sent() { sent_->give(true); }
  Sent(const Sent&) = delete;
  Sent& operator=(const Sent&) = delete;

private:
  std::shared_ptr<OneShot<bool>> sent_;
};

}  // namespace

WebSocket::WebSocket(net::EventLoop& loop, net::Stream& stream, std::string_view received,
                     std::size_t longest)
    : loop_(loop), stream_(stream), reader_(FrameReader::From::client, longest), longest_(longest) {
  reader_.add(received);
}

Task<std::optional<Frame>> WebSocket::frame(SteadyTime deadline) {
  std::array<char, 4096> buffer;  // NOLINT: filled by read
  for (;;) {
    if (auto found = reader_.next()) co_return found;
    const std::size_t count = co_await stream_.read(buffer, deadline);
    if (count == 0) co_return std::nullopt;
    reader_.add({buffer.data(), count});
  }
}

/// What belongs to no message. False: it was the last frame.
Task<bool> WebSocket::answer(Frame frame) {
  if (frame.kind == FrameKind::ping && !closed_) {
    co_await send(FrameKind::pong, std::move(frame.payload));
  }
  if (frame.kind != FrameKind::close) co_return true;
  co_await close(closeNormal, "");
  co_return false;
}

Task<std::optional<WebSocket::Message>> WebSocket::receive(SteadyTime deadline) {
  for (;;) {
    auto part = co_await frame(deadline);
    if (!part) co_return std::nullopt;
    if (part->kind >= FrameKind::close) {
      if (!co_await answer(std::move(*part))) co_return std::nullopt;
      continue;
    }
    if (begun_.has_value() != (part->kind == FrameKind::continuation)) {
      throw WebSocketError(closeProtocolError, "a message that begins within another");
    }
    if (!begun_) begun_.emplace(Message{.text = part->kind == FrameKind::text, .payload = {}});
    if (begun_->payload.size() + part->payload.size() > longest_) {
      throw WebSocketError(closeTooBig,
                           "a message may have at most " + std::to_string(longest_) + " bytes");
    }
    begun_->payload += part->payload;
    if (part->last) co_return std::exchange(begun_, std::nullopt);
  }
}

Task<> WebSocket::send(FrameKind kind, std::string payload) {
  const std::string bytes = toBytes({.kind = kind, .last = true, .payload = std::move(payload)});
  const auto before = std::exchange(lastSent_, std::make_shared<OneShot<bool>>());
  const Sent sent(lastSent_);
  if (before) co_await *before;
  const std::array<std::string_view, 1> parts{bytes};
  co_await stream_.write(parts, loop_.steady() + writeTimeout);
}

Task<> WebSocket::close(int code, std::string reason) {
  if (std::exchange(closed_, true)) co_return;
  try {
    co_await send(FrameKind::close, closePayload(code, reason));
  } catch (const net::IoError& failure) {
    log::debug("a web socket's other end has gone", {{"reason", failure.what()}});
  }
}

}  // namespace openfc::http
