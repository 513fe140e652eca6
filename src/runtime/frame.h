#pragma once

#include "base/byte_budget.h"
#include "base/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

/// The frames of docs/runtime-protocol.md. Pure: bytes in, frames out.
namespace openfc::runtime {

enum class FrameType : std::uint8_t {
  configure = 1,
  initialize = 2,
  invoke = 3,
  preFreeze = 7,
  preStop = 8,
  ready = 16,
  result = 17,
  failure = 18,
};

/// Flags of a failure: the user's code reported it itself (Node's callback(err)); the process ends
/// after it.
inline constexpr std::uint8_t handledFlag = 1;
inline constexpr std::uint8_t lastFlag = 2;

inline constexpr std::size_t frameHeaderSize = 12;

struct Frame {
  FrameType type = FrameType::result;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::string payload;
  std::optional<Error> refused;  // there was no room for the payload, which was thrown away
};

/// The header of a frame whose payload has `length` bytes.
std::array<char, frameHeaderSize> frameHeader(FrameType type, std::uint32_t stream,
                                              std::size_t length);

/// Four bytes, the lowest first: how every number of the protocol is written.
std::array<char, 4> toLittleEndian(std::uint32_t value);

/// Puts the guest's frames together, whatever pieces they arrive in. The guest may be hostile: a
/// frame that a runtime process must not send is an error, after which the reader is of no use.
/// Holds at most one payload of `limit` bytes, and never more than twice what has arrived.
class FrameReader {
public:
  /// What the payload of a stream's answer is counted in; null = it is not.
  using Room = std::function<std::shared_ptr<ByteBudget::Share>(std::uint32_t stream)>;

  /// Payloads that do not fit into the buffer of some KB are counted in `room`.
  explicit FrameReader(std::size_t limit, Room room = nullptr)
      : limit_(limit), room_(std::move(room)) {}

  /// Where the next bytes of the stream belong; never empty.
  std::span<char> space();
  /// `count` bytes were put there.
  void received(std::size_t count);
  /// The next whole frame; nothing: more bytes are needed; error: what was wrong. To be called
  /// until it has nothing, after each received().
  std::expected<std::optional<Frame>, std::string> next();

private:
  struct Header {
    Frame frame;  // without its payload
    std::size_t length = 0;
  };
  std::expected<Header, std::string> parse(std::string_view bytes) const;
  void begin(Header header);
  void growPayload();

  std::size_t limit_;
  Room room_;
  std::string buffer_;  // bytes between begin_ and end_ are not parsed yet
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::optional<Header>
      big_;  // a frame that does not fit: its payload is collected apart, so that it is not copied
  std::string payload_;
  std::size_t collected_ = 0;
  std::shared_ptr<ByteBudget::Share> share_;  // that the payload is counted in
};

}  // namespace openfc::runtime
