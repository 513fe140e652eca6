#pragma once

#include "base/clock.h"
#include "base/fd.h"
#include "base/loop.h"
#include "base/task.h"

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace openfc::net {

/// Why a read or write ended without success.
enum class Failure { timedOut, closed, reset };

class IoError : public std::runtime_error {
public:
  IoError(Failure failure, const std::string& what) : std::runtime_error(what), failure_(failure) {}
  Failure failure() const { return failure_; }

private:
  Failure failure_;
};

/// A connected byte stream: TCP, Unix socket, pipe or TLS. Belongs to its loop's thread. One read
/// and one write may be under way at the same time. A deadline costs nothing until it passes.
class Stream {
public:
  virtual ~Stream() = default;
  /// Reads at least one byte into `buffer`; 0 = the peer ended the stream. Throws IoError.
  virtual Task<std::size_t> read(std::span<char> buffer, SteadyTime deadline) = 0;
  /// Writes all of the parts, in order (one writev when the kernel takes them). The parts must live
  /// until it ends.
  virtual Task<> write(std::span<const std::string_view> parts, SteadyTime deadline) = 0;
  /// What can be read without waiting; 0 = nothing at this moment or the end. Never throws.
  virtual std::size_t readNow(std::span<char> buffer) = 0;
  /// The same, telling "nothing at this moment" (nullopt) from the end or a failure (0). Never
  /// throws.
  virtual std::optional<std::size_t> tryRead(std::span<char> buffer) = 0;
  /// Calls `function` once when there is something to read or the stream has ended; nullptr forgets
  /// it. Not while a read is under way. Costs nothing beyond the next read, which finds its wait
  /// prepared.
  virtual void onReadable(Loop::Function function) = 0;
  /// Tells the peer that nothing more will be written; what it sends can still be read. Never
  /// throws.
  virtual void finishWriting() = 0;
  /// Ends the stream; a pending read or write fails with Failure::closed.
  virtual void close() = 0;
};

}  // namespace openfc::net
