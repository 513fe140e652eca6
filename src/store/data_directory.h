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
/// kernel drops the lock). Its mode is 0700 from then on; its `format` file says which programs
/// understand it. Its files are regular ones of its owner, and reached by no link.
class DataDirectory {
public:
  static constexpr int format = 1;

  /// Throws DataDirectoryError or SystemError.
  explicit DataDirectory(std::filesystem::path path);

  /// Takes an absent or empty directory to fill it from a backup. Until finish() no server uses
  /// it, whatever happens. Throws DataDirectoryError (something is there) or SystemError.
  static DataDirectory forRestore(std::filesystem::path path);
  /// Ends the filling: everything below is on the disk, and servers may use it.
  void finish() const;

  /// Throws DataDirectoryError when what is at `path` cannot be a data directory of this program.
  /// Changes nothing.
  static void examine(const std::filesystem::path& path);
  /// The format that the directory at `path` says. Throws DataDirectoryError: newer, damaged, or
  /// not a data directory.
  static int formatOf(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }

private:
  DataDirectory() = default;

  std::filesystem::path path_;
  Fd lock_;
};

}  // namespace openfc::store
