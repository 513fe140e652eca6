#pragma once

#include "http/parser.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace openfc::http {

/// Takes a chunked body apart as it arrives (RFC 9112, 7.1), byte by byte at its seams, so that
/// nothing is left over between calls. Stricter than Beast's decoder, which takes "0x1" for a last
/// chunk and asserts on some malformed ends.
class ChunkDecoder {
public:
  void restart() { *this = {}; }
  /// Appends payload to `body` and returns how much of `input` was taken: all of it, or up to the
  /// end of the body.
  std::expected<std::size_t, BadMessage> feed(std::string_view input, std::string& body);
  bool complete() const { return state_ == State::complete; }

private:
  enum class State {
    firstDigit,
    digits,
    extension,
    sizeEnd,  // expects LF
    payload,
    payloadCr,
    payloadLf,
    trailerStart,
    trailerName,
    trailerValue,
    trailerEnd,  // expects LF
    lastLf,
    complete,
    malformed,
  };

  State after(char c);
  State afterDigit(char c);
  State afterTrailer(char c);

  State state_ = State::firstDigit;
  std::uint64_t left_ = 0;      // of the chunk's payload
  std::size_t digitCount_ = 0;  // of the chunk's size
  std::size_t lineBytes_ = 0;   // of size lines and trailers without payload between them
};

}  // namespace openfc::http
