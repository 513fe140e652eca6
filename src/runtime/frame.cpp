#include "runtime/frame.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace openfc::runtime {
namespace {

constexpr std::size_t bufferSize = std::size_t{8} * 1024;

std::uint32_t fromLittleEndian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return value;
}

/// Grows `text` without writing to what is new.
void grow(std::string& text, std::size_t size) {
  text.resize_and_overwrite(size, [size](char*, std::size_t) { return size; });
}

}  // namespace

std::array<char, 4> toLittleEndian(std::uint32_t value) {
  std::array<char, 4> result{};
  for (std::size_t i = 0; i < 4; ++i) result[i] = static_cast<char>((value >> (8 * i)) & 0xff);
  return result;
}

std::array<char, frameHeaderSize> frameHeader(FrameType type, std::uint32_t stream,
                                              std::size_t length) {
  std::array<char, frameHeaderSize> result{};
  std::ranges::copy(toLittleEndian(static_cast<std::uint32_t>(length)), result.begin());
  result[4] = static_cast<char>(type);
  std::ranges::copy(toLittleEndian(stream), result.begin() + 8);
  return result;
}

std::expected<FrameReader::Header, std::string> FrameReader::parse(std::string_view bytes) const {
  Header header;
  header.length = fromLittleEndian(bytes);
  const auto type = static_cast<unsigned char>(bytes[4]);
  header.frame.type = static_cast<FrameType>(type);
  header.frame.flags = static_cast<std::uint8_t>(bytes[5]);
  header.frame.stream = fromLittleEndian(bytes.substr(8));
  const bool reserved = bytes[6] != 0 || bytes[7] != 0;
  const bool ready = header.frame.type == FrameType::ready;
  const bool failure = header.frame.type == FrameType::failure;
  if (!ready && !failure && header.frame.type != FrameType::result) {
    return std::unexpected(fmt::format("frame of type {}", type));
  }
  if (reserved || header.frame.flags > (failure ? handledFlag | lastFlag : 0)) {
    return std::unexpected(fmt::format("frame of type {} with reserved bits", type));
  }
  if (ready != (header.frame.stream == 0) || (ready && header.length != 0)) {
    return std::unexpected(fmt::format("frame of type {} on stream {}", type, header.frame.stream));
  }
  if (header.length > limit_) {
    return std::unexpected(fmt::format("frame of {} bytes, {} are allowed", header.length, limit_));
  }
  return header;
}

std::span<char> FrameReader::space() {
  if (big_ && collected_ == payload_.size()) growPayload();
  if (big_ && !big_->frame.refused)
    return {payload_.data() + collected_, payload_.size() - collected_};
  if (buffer_.empty()) grow(buffer_, bufferSize);
  if (big_) return {buffer_.data(), std::min(buffer_.size(), big_->length - collected_)};
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  return {buffer_.data() + end_, buffer_.size() - end_};
}

void FrameReader::received(std::size_t count) { (big_ ? collected_ : end_) += count; }

std::expected<std::optional<Frame>, std::string> FrameReader::next() {
  if (!big_) {
    const std::string_view bytes(buffer_.data() + begin_, end_ - begin_);
    if (bytes.size() < frameHeaderSize) return std::nullopt;
    auto header = parse(bytes);
    if (!header) return std::unexpected(std::move(header.error()));
    const std::string_view rest = bytes.substr(frameHeaderSize);
    if (rest.size() >= header->length) {
      header->frame.payload = rest.substr(0, header->length);
      begin_ += frameHeaderSize + header->length;
      if (begin_ == end_) begin_ = end_ = 0;
      return std::move(header->frame);
    }
    if (frameHeaderSize + header->length <= buffer_.size()) return std::nullopt;
    begin(std::move(*header));
  }
  if (collected_ < big_->length) return std::nullopt;
  Frame frame = std::move(big_->frame);
  big_.reset();
  frame.payload = std::exchange(payload_, {});
  share_.reset();
  return frame;
}

/// Collects the payload of a frame that does not fit into the buffer.
void FrameReader::begin(Header header) {
  const std::string_view rest(buffer_.data() + begin_ + frameHeaderSize,
                              end_ - begin_ - frameHeaderSize);
  if (room_) share_ = room_(header.frame.stream);
  collected_ = 0;
  big_ = std::move(header);
  growPayload();
  if (!big_->frame.refused) rest.copy(payload_.data(), rest.size());
  collected_ = rest.size();
  begin_ = end_ = 0;
}

/// Without room for it the payload is thrown away as it comes: its process has done no wrong.
void FrameReader::growPayload() {
  if (big_->frame.refused) return;
  const std::size_t size = std::min(big_->length, std::max(bufferSize, 2 * collected_));
  try {
    if (share_) share_->add(size - payload_.size());
    grow(payload_, size);
  } catch (Error& error) {
    share_->giveBack(payload_.size());
    payload_ = std::string();
    big_->frame.refused = std::move(error);
  }
}

}  // namespace openfc::runtime
