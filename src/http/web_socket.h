#pragma once

#include "http/web_socket_frames.h"
#include "net/event_loop.h"
#include "net/stream.h"

#include <memory>
#include <optional>
#include <string>

namespace openfc::http {

/// The server's side of a WebSocket whose handshake has been answered. Belongs to the loop. One
/// task may receive while others send.
class WebSocket {
public:
  struct Message {
    bool text = false;
    std::string payload;
  };

  /// `received` came with the handshake. The stream outlives it; messages have at most `longest`
  /// bytes.
  WebSocket(net::EventLoop& loop, net::Stream& stream, std::string_view received,
            std::size_t longest);

  /// The next whole message; pings are answered meanwhile. Nothing: the other side has closed, and
  /// has its answer. Throws IoError, or WebSocketError for what breaks the rules.
  Task<std::optional<Message>> receive(SteadyTime deadline);
  /// Frames of several tasks go out whole, in the order of the calls. Throws IoError.
  Task<> send(FrameKind kind, std::string payload);
  /// Says why, once; nothing may be sent afterwards. Throws nothing: the other side may be gone.
  Task<> close(int code, std::string reason);

private:
  Task<std::optional<Frame>> frame(SteadyTime deadline);
  Task<bool> answer(Frame frame);

  net::EventLoop& loop_;
  net::Stream& stream_;
  FrameReader reader_;
  std::size_t longest_;
  std::shared_ptr<OneShot<bool>> lastSent_;  // of the frame that goes out last
  std::optional<Message> begun_;             // whose last frame has not come
  bool closed_ = false;                      // we have said so
};

}  // namespace openfc::http
