#pragma once

#include "http/message.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

/// The bytes of WebSocket (RFC 6455). Pure: no I/O.
namespace openfc::http {

enum class FrameKind : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10,
};

struct Frame {
  FrameKind kind = FrameKind::text;
  bool last = true;  // of its message
  std::string payload;
  bool operator==(const Frame&) const = default;
};

/// The other side does not keep to the protocol, or sends more than it may.
class WebSocketError : public std::runtime_error {
public:
  WebSocketError(int code, const std::string& what) : std::runtime_error(what), code_(code) {}
  int code() const { return code_; }  // for the close frame

private:
  int code_;
};

/// Codes of close frames.
inline constexpr int closeNormal = 1000;
inline constexpr int closeProtocolError = 1002;
inline constexpr int closeTooBig = 1009;
inline constexpr int closeInternal = 1011;

/// Why a request is no handshake of WebSocket; nothing = it is one.
std::optional<std::string> handshakeProblem(const Request& request);
/// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
std::string acceptOf(std::string_view key);

/// A whole frame of the server's side.
std::string toBytes(const Frame& frame);
/// A whole frame of the client's side, whose payload is masked.
std::string toMaskedBytes(const Frame& frame, std::array<char, 4> mask);
/// The payload of a close frame.
std::string closePayload(int code, std::string_view reason);

/// What came over a connection, frame by frame.
class FrameReader {
public:
  enum class From { client, server };  // clients mask what they send, servers do not

  FrameReader(From from, std::size_t longest) : from_(from), longest_(longest) {}

  void add(std::string_view bytes) { bytes_ += bytes; }
  /// The next whole frame, unmasked; nothing: more bytes are needed. Throws WebSocketError.
  std::optional<Frame> next();

private:
  From from_;
  std::size_t longest_;
  std::string bytes_;
};

}  // namespace openfc::http
