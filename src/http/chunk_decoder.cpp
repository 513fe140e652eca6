#include "http/chunk_decoder.h"

#include <algorithm>

namespace openfc::http {
namespace {

constexpr std::size_t maxDigits = 15;  // 2^60 is more than anybody sends, and it cannot overflow
constexpr std::size_t maxLineBytes = std::size_t{16} * 1024;

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool isText(char c) { return c == '\t' || (static_cast<unsigned char>(c) >= ' ' && c != 0x7f); }

}  // namespace

std::expected<std::size_t, BadMessage> ChunkDecoder::feed(std::string_view input,
                                                          std::string& body) {
  std::size_t at = 0;
  while (at < input.size() && state_ != State::complete) {
    if (state_ == State::payload) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
      body.append(input.substr(at, count));
      at += count;
      left_ -= count;
      lineBytes_ = 0;
      if (left_ == 0) state_ = State::payloadCr;
      continue;
    }
    state_ = after(input[at++]);
    if (++lineBytes_ > maxLineBytes) state_ = State::malformed;
    if (state_ == State::malformed) {
      return std::unexpected(BadMessage{400, "the chunked body is malformed"});
    }
  }
  return at;
}

ChunkDecoder::State ChunkDecoder::after(char c) {
  const auto expect = [c](char wanted, State next) {
    return c == wanted ? next : State::malformed;
  };
  switch (state_) {
    case State::firstDigit:
    case State::digits:
      return afterDigit(c);
    case State::extension:
      if (c == '\r') return State::sizeEnd;
      return isText(c) ? State::extension : State::malformed;
    case State::sizeEnd:
      return expect('\n', left_ > 0 ? State::payload : State::trailerStart);
    case State::payloadCr:
      return expect('\r', State::payloadLf);
    case State::payloadLf:
      digitCount_ = 0;
      return expect('\n', State::firstDigit);
    case State::trailerEnd:
      return expect('\n', State::trailerStart);
    case State::lastLf:
      return expect('\n', State::complete);
    default:
      return afterTrailer(c);
  }
}

ChunkDecoder::State ChunkDecoder::afterDigit(char c) {
  if (const int digit = hexDigit(c); digit >= 0) {
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
    return ++digitCount_ > maxDigits ? State::malformed : State::digits;
  }
  if (state_ == State::firstDigit) return State::malformed;
  if (c == '\r') return State::sizeEnd;
  return c == ';' ? State::extension : State::malformed;
}

ChunkDecoder::State ChunkDecoder::afterTrailer(char c) {
  switch (state_) {
    case State::trailerStart:
      if (c == '\r') return State::lastLf;
      return isText(c) && c != ' ' && c != '\t' && c != ':' ? State::trailerName : State::malformed;
    case State::trailerName:
      if (c == ':') return State::trailerValue;
      return isText(c) && c != ' ' && c != '\t' ? State::trailerName : State::malformed;
    case State::trailerValue:
      if (c == '\r') return State::trailerEnd;
      return isText(c) ? State::trailerValue : State::malformed;
    default:
      return State::malformed;
  }
}

}  // namespace openfc::http
