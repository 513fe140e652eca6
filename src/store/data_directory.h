#pragma once

#include "base/fd.h"

#include <filesystem>
#include <stdexcept>

namespace openfc::store {

/// The directory cannot be used: held by another server, written by a newer program, writable by
/// others.
class DataDirectoryError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// The server's data directory, held exclusively for as long as this lives (also after a crash: the
/// kernel drops the lock). Created with mode 0700 when absent; its `format` file says which
/// programs understand it.
class DataDirectory {
public:
  static constexpr int format = 1;

  /// Throws DataDirectoryError or SystemError.
  explicit DataDirectory(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
  Fd lock_;
};

}  // namespace openfc::store
