#pragma once

#include "base/fd.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace openfc::observe {

struct AuditFileLimits {
  std::uint64_t segmentBytes;  // a file that is as long is followed by a new one
  std::uint64_t maxBytes;      // of all files together; the oldest go first
};

/// Lines in files <name>-<ten digits>.jsonl of mode 0600. Blocks; one thread at a time.
class AuditFile {
public:
  AuditFile(std::filesystem::path directory, std::string name, AuditFileLimits limits);

  /// Appends whole lines and waits for the disk: all of them or, when it throws SystemError, none
  /// (but for lines that could not be taken back).
  void append(std::string_view lines);

private:
  void openLast();
  void openNext();
  void removeOldest() const;
  std::filesystem::path pathOf(std::uint64_t number) const;

  std::filesystem::path directory_;
  std::string name_;
  AuditFileLimits limits_;
  Fd file_;
  std::uint64_t number_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace openfc::observe
