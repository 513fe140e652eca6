#include "net/fd_stream.h"

#include "base/check.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace openfc::net {
namespace {

constexpr std::size_t maxParts = 16;

/// What has not been written of some parts.
class Unwritten {
public:
  explicit Unwritten(std::span<const std::string_view> parts) : rest_(parts) { skipEmpty(); }

  bool empty() const { return rest_.empty(); }

  /// Fills `vectors` and returns how many were used.
  std::size_t toVectors(std::array<iovec, maxParts>& vectors) const {
    const std::size_t count = std::min(rest_.size(), maxParts);
    for (std::size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<char*>(rest_[i].data()), rest_[i].size()};
    }
    vectors[0] = {const_cast<char*>(rest_[0].data()) + offset_, rest_[0].size() - offset_};
    return count;
  }

  void advance(std::size_t written) {
    while (written > 0) {
      const std::size_t step = std::min(written, rest_[0].size() - offset_);
      offset_ += step;
      written -= step;
      skipEmpty();
    }
  }

private:
  void skipEmpty() {
    while (!rest_.empty() && rest_[0].size() == offset_) {
      rest_ = rest_.subspan(1);
      offset_ = 0;
    }
  }

  std::span<const std::string_view> rest_;
  std::size_t offset_ = 0;  // within the first part
};

ssize_t writeSome(Descriptor& descriptor, const Unwritten& rest) {
  std::array<iovec, maxParts> vectors;  // NOLINT: filled by toVectors
  const std::size_t count = rest.toVectors(vectors);
  if (!descriptor.isSocket()) {
    return ::writev(descriptor.fd(), vectors.data(), static_cast<int>(count));
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  return ::sendmsg(descriptor.fd(), &message, MSG_NOSIGNAL);
}

IoError failed(std::string_view doing, int error) {
  return {Failure::reset, fmt::format("{}: {}", doing, std::strerror(error))};
}

/// Nothing = would have to wait. Throws IoError.
std::optional<std::size_t> readSome(Descriptor& descriptor, std::span<char> buffer) {
  const ssize_t count = ::read(descriptor.fd(), buffer.data(), buffer.size());
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) throw failed("read from a stream", errno);
    descriptor.drained();
    return std::nullopt;
  }
  if (static_cast<std::size_t>(count) < buffer.size() && count > 0) descriptor.drained();
  return static_cast<std::size_t>(count);
}

// The coroutines hold the descriptor themselves, so that a stream may be closed and freed under a
// waiting reader.

Task<std::size_t> readFrom(std::shared_ptr<Descriptor> descriptor, std::span<char> buffer,
                           SteadyTime deadline) {
  while (true) {
    if (!descriptor->isOpen()) throw IoError(Failure::closed, "read from a closed stream");
    if (!descriptor->isDrained()) {
      if (const auto count = readSome(*descriptor, buffer)) co_return *count;
    }
    orThrow(co_await descriptor->until(Descriptor::Side::read, deadline), "read from a stream");
  }
}

Task<> writeTo(std::shared_ptr<Descriptor> descriptor, std::span<const std::string_view> parts,
               SteadyTime deadline) {
  Unwritten rest(parts);
  while (!rest.empty()) {
    if (!descriptor->isOpen()) throw IoError(Failure::closed, "write to a closed stream");
    const ssize_t count = writeSome(*descriptor, rest);
    if (count >= 0) {
      rest.advance(static_cast<std::size_t>(count));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) throw failed("write to a stream", errno);
    orThrow(co_await descriptor->until(Descriptor::Side::write, deadline), "write to a stream");
  }
}

}  // namespace

void orThrow(Descriptor::Wake wake, std::string_view doing) {
  if (wake == Descriptor::Wake::ready) return;
  if (wake == Descriptor::Wake::timedOut) {
    throw IoError(Failure::timedOut, fmt::format("{}: timed out", doing));
  }
  throw IoError(Failure::closed, fmt::format("{}: closed", doing));
}

Task<std::size_t> FdStream::read(std::span<char> buffer, SteadyTime deadline) {
  return readFrom(descriptor_, buffer, deadline);
}

Task<> FdStream::write(std::span<const std::string_view> parts, SteadyTime deadline) {
  return writeTo(descriptor_, parts, deadline);
}

std::optional<std::size_t> FdStream::tryRead(std::span<char> buffer) {
  if (!descriptor_->isOpen()) return 0;
  try {
    return readSome(*descriptor_, buffer);
  } catch (const IoError&) {
    return 0;  // the next read reports it
  }
}

void FdStream::finishWriting() {
  if (!descriptor_->isOpen()) return;
  if (descriptor_->isSocket()) ::shutdown(descriptor_->fd(), SHUT_WR);
}

}  // namespace openfc::net
