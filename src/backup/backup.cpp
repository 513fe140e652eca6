#include "backup/backup.h"

#include "backup/files.h"
#include "backup/manifest.h"
#include "base/check.h"
#include "base/fd.h"
#include "base/time_text.h"
#include "base/vault.h"
#include "model/packages_named.h"
#include "store/data_directory.h"
#include "store/sqlite/snapshot.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace openfc::backup {
namespace {

namespace fs = std::filesystem;

constexpr const char* database = "store.sqlite";
constexpr const char* hostKeyFile = "host.key";
constexpr const char* archives = "packages/archives";
constexpr int attempts = 3;

/// Below the data directory: what a server makes again, holds for itself, or has not finished; and
/// what is copied in a way of its own.
constexpr std::string_view leftOut[] = {
    "lock",     "format",   "format.new", "store.sqlite", "store.sqlite-wal", "store.sqlite-shm",
    "host.key", "packages",
};

bool isLeftOut(const fs::path& relative) {
  return std::ranges::find(leftOut, relative.begin()->string()) != std::end(leftOut);
}

/// Opens the vault of a key file that must exist: a backup never makes a key.
std::unique_ptr<Vault> vaultOf(const fs::path& file) {
  if (!fs::exists(file)) throw BackupError(fmt::format("{}: there is no host key", file.string()));
  return Vault::ofFile(file);
}

/// A key that is not copied would make what it belongs to useless.
Copied takeKey(const fs::path& from, const fs::path& to) {
  const auto copied = copyFile(from, to);
  if (!copied) throw BackupError(fmt::format("{}: is no regular file", from.string()));
  return *copied;
}

void refuseBelow(const fs::path& target, const fs::path& data) {
  const fs::path inside = fs::weakly_canonical(target).lexically_relative(fs::canonical(data));
  if (!inside.empty() && *inside.begin() != "..") {
    throw BackupError(
        fmt::format("{}: lies in the data directory; name a place outside of it", target.string()));
  }
}

/// A directory that is filled beside its place; without keep() it goes again.
class Draft {
public:
  explicit Draft(const fs::path& place) : place_(place), path_(place.string() + ".partial") {
    if (fs::exists(place_))
      throw BackupError(fmt::format("{}: exists; name a new directory", place_.string()));
    if (::mkdir(path_.c_str(), 0700) == -1) check(-1, "make " + path_.string());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    std::error_code ignored;  // it is told already why there is no backup
    fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }
  /// What is in it is on the disk before its name is.
  void keep() {
    const Fd directory(static_cast<int>(check(
        ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open " + path_.string())));
    check(::syncfs(directory.get()), "write " + path_.string() + " to the disk");
    fs::rename(path_, place_);
    check(::syncfs(directory.get()), "write " + place_.string() + " to the disk");
  }

private:
  fs::path place_;
  fs::path path_;
};

/// One attempt to copy; what it has gathered so far.
struct Copying {
  const fs::path& data;
  const fs::path& target;
  Manifest manifest;
  Summary summary;

  /// Whether the file was there.
  bool take(const fs::path& relative) {
    const auto copied = copyFile(data / relative, target / relative);
    if (!copied) return false;
    note(relative, *copied);
    return true;
  }
  void note(const fs::path& relative, const Copied& copied) {
    if (!manifest.files.emplace(relative.string(), copied.sha256).second) return;
    ++summary.files;
    summary.bytes += copied.size;
  }
};

/// Copies the archives that a document names; false: one has gone since the database was copied.
bool takeArchives(Copying& copying, const std::set<std::string>& named) {
  for (const std::string& digest : named) {
    const fs::path relative = fs::path(archives) / (digest + ".zip");
    if (!copying.take(relative)) return false;
    if (copying.manifest.files[relative.string()] != digest) {
      throw BackupError(fmt::format(
          "code package {} is damaged; publish its code again before the backup", digest));
    }
  }
  return true;
}

/// Copies the database and returns which packages its documents name.
std::set<std::string> takeDatabase(Copying& copying, const Vault& vault) {
  // Databases are opened over no link at all: the operator's own are resolved here.
  const fs::path copy = fs::canonical(copying.target) / database;
  store::copySqlite((fs::canonical(copying.data) / database).string(), copy.string());
  std::set<std::string> named;
  copying.summary.documents =
      store::readSqlite(copy.string(), vault, [&](std::string_view key, const std::string& value) {
        for (const std::string_view prefix : model::prefixesWithPackages) {
          if (!key.starts_with(prefix)) continue;
          for (std::string& digest : model::packagesNamedBy(prefix, value))
            named.insert(std::move(digest));
        }
      });
  copying.note(database, digestOf(copy));
  return named;
}

/// Everything else that lies there, of this version and of later ones.
void takeTheRest(Copying& copying) {
  using Options = fs::directory_options;
  for (auto entry = fs::recursive_directory_iterator(copying.data, Options::none);
       entry != fs::recursive_directory_iterator(); ++entry) {
    const fs::path relative = fs::relative(entry->path(), copying.data);
    if (isLeftOut(relative)) {
      entry.disable_recursion_pending();
    } else if (entry->is_directory() && !entry->is_symlink()) {
      fs::create_directories(copying.target / relative);
    } else {
      copying.take(relative);  // what has gone meanwhile is no part of the data any more
    }
  }
}

void checkFiles(const fs::path& backup, const fs::path& data, const Manifest& manifest,
                Summary& summary) {
  for (const auto& [path, digest] : manifest.files) {
    const auto copied = copyFile(backup / path, data / path);
    if (!copied) throw BackupError(fmt::format("{}: {} is missing", backup.string(), path));
    if (copied->sha256 != digest)
      throw BackupError(fmt::format("{}: {} is damaged", backup.string(), path));
    ++summary.files;
    summary.bytes += copied->size;
  }
}

}  // namespace

Summary make(const fs::path& data, const fs::path& target, bool withHostKey) {
  store::DataDirectory::formatOf(data);
  refuseBelow(target, data);
  const auto vault = vaultOf(data / hostKeyFile);
  for (int attempt = 1;; ++attempt) {
    Draft draft(target);
    Copying copying{.data = data, .target = draft.path()};
    copying.manifest.hostKeyId = copying.summary.hostKeyId = vault->keyId();
    copying.manifest.created = toIso(std::chrono::system_clock::now());
    // In this order: packages are on the disk before the documents that name them.
    if (!takeArchives(copying, takeDatabase(copying, *vault))) {
      if (attempt < attempts) continue;
      throw BackupError("code packages that the database names are missing");
    }
    takeTheRest(copying);
    if (withHostKey) {
      copying.note(hostKeyFile, takeKey(data / hostKeyFile, draft.path() / hostKeyFile));
      copying.summary.hostKey = true;
    }
    copying.manifest.write(draft.path());
    draft.keep();
    return copying.summary;
  }
}

Summary restore(const fs::path& backup, const fs::path& data,
                const std::optional<fs::path>& hostKey) {
  const Manifest manifest = Manifest::read(backup);
  const bool hasKey = manifest.files.contains(hostKeyFile);
  if (!hasKey && !hostKey) {
    throw BackupError(fmt::format("{}: holds no host key; name the file of the key with the id {}",
                                  backup.string(), manifest.hostKeyId));
  }
  const auto vault = vaultOf(hostKey.value_or(backup / hostKeyFile));
  if (vault->keyId() != manifest.hostKeyId) {
    throw BackupError(fmt::format("the host key has the id {}, the backup was made with {}",
                                  vault->keyId(), manifest.hostKeyId));
  }
  const auto directory = store::DataDirectory::forRestore(data);
  Summary summary{.hostKeyId = manifest.hostKeyId, .hostKey = hasKey};
  checkFiles(backup, data, manifest, summary);
  if (!hasKey) takeKey(*hostKey, data / hostKeyFile);
  summary.documents = store::readSqlite((fs::canonical(data) / database).string(), *vault,
                                        [](std::string_view, const std::string&) {});
  directory.finish();
  return summary;
}

}  // namespace openfc::backup
