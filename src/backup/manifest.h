#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace openfc::backup {

/// What a backup holds: a text file, one fact a line, the files at its end as `sha256sum` prints
/// them.
struct Manifest {
  std::string hostKeyId;
  std::string created;                       // ISO 8601, UTC
  std::map<std::string, std::string> files;  // path below the backup → SHA-256 in hexadecimal

  static constexpr const char* name = "MANIFEST";

  void write(const std::filesystem::path& directory) const;
  /// Throws BackupError: not a backup, of a newer program, damaged.
  static Manifest read(const std::filesystem::path& directory);
};

}  // namespace openfc::backup
