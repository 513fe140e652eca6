#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace openfc::backup {

/// A backup could not be made, or is not what it was when it was made.
class BackupError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct Summary {
  std::size_t documents = 0;
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  std::string hostKeyId;
  bool hostKey = false;  // is part of the backup
};

/// Copies what lies in the data directory `data` to the new directory `target`, whether a server
/// runs on it or not. What was acknowledged before this began is in it, whole: the database is
/// copied as it is at one moment, before the code packages that it names, and every document and
/// package is checked. Caches, the lock and half-written files are left out; `withHostKey` false:
/// the host key as well, and the backup is then useless without a copy of it. There is no `target`
/// when this throws BackupError, store::StoreError, VaultError or SystemError.
Summary make(const std::filesystem::path& data, const std::filesystem::path& target,
             bool withHostKey);

/// Makes the data directory `data`, which must be absent or empty, from a backup; each file is
/// checked against the backup's manifest, each document is read. `hostKey`: the file of the key
/// when the backup has none. What is half restored is no data directory: servers refuse it.
Summary restore(const std::filesystem::path& backup, const std::filesystem::path& data,
                const std::optional<std::filesystem::path>& hostKey);

}  // namespace openfc::backup
