#pragma once

#include "base/fd.h"
#include "base/loop.h"
#include "base/workers.h"
#include "http/message.h"

#include <cstdint>

namespace openfc::http {

/// A file, or a part of one, as the body of an answer, read piece by piece on a worker thread.
class FileBody final : public BodySource {
public:
  /// Bytes that it has in memory at most.
  static constexpr std::uint64_t pieceSize = 256u << 10;

  /// Throws SystemError when the file's size cannot be told. `loop` and `workers` outlive it;
  /// `account`: whose turn its reading takes.
  FileBody(Fd file, Loop& loop, Workers& workers, std::string account);
  /// `length` bytes from `begin` on; the file must have them.
  FileBody(Fd file, std::uint64_t begin, std::uint64_t length, Loop& loop, Workers& workers,
           std::string account);

  std::optional<std::uint64_t> length() const override { return length_; }
  Task<std::string> next() override;

private:
  std::string read();

  Fd file_;
  Loop& loop_;
  Workers& workers_;
  std::string account_;
  std::uint64_t begin_ = 0;
  std::uint64_t length_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace openfc::http
