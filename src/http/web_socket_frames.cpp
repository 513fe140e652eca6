#include "http/web_socket_frames.h"

#include "base/encoding.h"
#include "base/sha1.h"

#include <algorithm>
#include <array>

namespace openfc::http {
namespace {

constexpr std::string_view keySuffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::size_t keyBytes = 16;
constexpr unsigned lastBit = 0x80;
constexpr unsigned maskBit = 0x80;
constexpr std::size_t longestControl = 125;
constexpr std::size_t length16 = 126;  // in the second byte: two bytes with the length follow
constexpr std::size_t length64 = 127;  // … eight

unsigned byteAt(std::string_view bytes, std::size_t place) {
  return static_cast<unsigned char>(bytes[place]);
}

bool isControl(unsigned kind) { return kind >= 8; }

bool isKnown(unsigned kind) { return kind <= 2 || (kind >= 8 && kind <= 10); }

/// Whether a header that is a list of words holds one.
bool holdsWord(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    if (sameIgnoringCase(trimmed(one), word)) return true;
  }
  return false;
}

std::string_view headerOf(const Request& request, std::string_view name) {
  return trimmed(request.headers.find(name).value_or(""));
}

std::string headOf(const Frame& frame, unsigned mask) {
  std::string head(
      1, static_cast<char>((frame.last ? lastBit : 0) | static_cast<unsigned>(frame.kind)));
  const std::size_t size = frame.payload.size();
  std::size_t bytes = 0;
  if (size < length16) {
    head += static_cast<char>(mask | size);
  } else {
    bytes = size <= 0xffff ? 2 : 8;
    head += static_cast<char>(mask | (bytes == 2 ? length16 : length64));
  }
  while (bytes > 0) head += static_cast<char>(size >> (8 * --bytes) & 0xff);
  return head;
}

void applyMask(std::string& bytes, std::size_t begin, std::string_view mask) {
  for (std::size_t i = begin; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>(bytes[i] ^ mask[(i - begin) % mask.size()]);
}

/// Of a frame: what its first two bytes say, and where its payload lies.
struct Head {
  Frame frame;
  bool masked = false;
  std::size_t size = 0;      // of the head, the mask not counted
  std::uint64_t length = 0;  // of the payload
};

/// Nothing: more bytes are needed.
std::optional<Head> headIn(std::string_view bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const unsigned kind = byteAt(bytes, 0) & 0x0f;
  if ((byteAt(bytes, 0) & 0x70) != 0 || !isKnown(kind)) {
    throw WebSocketError(closeProtocolError, "a frame of a kind that is not known");
  }
  Head head{.frame = {.kind = static_cast<FrameKind>(kind),
                      .last = (byteAt(bytes, 0) & lastBit) != 0,
                      .payload = {}},
            .masked = (byteAt(bytes, 1) & maskBit) != 0,
            .size = 2,
            .length = byteAt(bytes, 1) & 0x7f};
  if (isControl(kind) && (!head.frame.last || head.length > longestControl)) {
    throw WebSocketError(closeProtocolError, "a control frame that is too long or in pieces");
  }
  if (head.length < length16) return head;
  const std::size_t count = head.length == length16 ? 2 : 8;
  if (bytes.size() < head.size + count) return std::nullopt;
  head.length = 0;
  for (std::size_t i = 0; i < count; ++i) head.length = head.length << 8 | byteAt(bytes, 2 + i);
  head.size += count;
  return head;
}

}  // namespace

std::optional<std::string> handshakeProblem(const Request& request) {
  if (request.method != "GET") return "a WebSocket begins with GET";
  if (!holdsWord(headerOf(request, "upgrade"), "websocket") ||
      !holdsWord(headerOf(request, "connection"), "upgrade")) {
    return "a WebSocket needs the headers Upgrade: websocket and Connection: Upgrade";
  }
  if (headerOf(request, "sec-websocket-version") != "13") {
    return "Sec-WebSocket-Version must be 13";
  }
  const auto key = fromBase64(headerOf(request, "sec-websocket-key"));
  if (!key || key->size() != keyBytes) return "Sec-WebSocket-Key must be 16 bytes in base64";
  return std::nullopt;
}

std::string acceptOf(std::string_view key) {
  return toBase64(sha1(std::string(key) + std::string(keySuffix)));
}

std::string toBytes(const Frame& frame) { return headOf(frame, 0) + frame.payload; }

std::string toMaskedBytes(const Frame& frame, std::array<char, 4> mask) {
  std::string bytes = headOf(frame, maskBit);
  const std::string_view key(mask.data(), mask.size());
  bytes += key;
  const std::size_t begin = bytes.size();
  bytes += frame.payload;
  applyMask(bytes, begin, key);
  return bytes;
}

std::string closePayload(int code, std::string_view reason) {
  std::string payload;
  payload += static_cast<char>(code >> 8 & 0xff);
  payload += static_cast<char>(code & 0xff);
  payload += reason.substr(0, longestControl - 2);
  return payload;
}

std::optional<Frame> FrameReader::next() {
  auto head = headIn(bytes_);
  if (!head) return std::nullopt;
  if (head->masked != (from_ == From::client)) {
    throw WebSocketError(closeProtocolError, from_ == From::client
                                                 ? "a frame of a client that is not masked"
                                                 : "a frame of a server that is masked");
  }
  if (head->length > longest_) {
    throw WebSocketError(closeTooBig,
                         "a frame may have at most " + std::to_string(longest_) + " bytes");
  }
  constexpr std::size_t maskSize = 4;
  const std::size_t begin = head->size + (head->masked ? maskSize : 0);
  const auto length = static_cast<std::size_t>(head->length);
  if (bytes_.size() - std::min(bytes_.size(), begin) < length || bytes_.size() < begin) {
    return std::nullopt;
  }
  head->frame.payload = bytes_.substr(begin, length);
  if (head->masked) {
    applyMask(head->frame.payload, 0, std::string_view(bytes_).substr(head->size, maskSize));
  }
  bytes_.erase(0, begin + length);
  return std::move(head->frame);
}

}  // namespace openfc::http
