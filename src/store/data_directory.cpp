#include "store/data_directory.h"

#include "base/check.h"
#include "base/encoding.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>

namespace openfc::store {
namespace {

struct stat statusOf(const std::filesystem::path& path) {
  struct stat status = {};
  check(stat(path.c_str(), &status), "read the mode of " + path.string());
  return status;
}

/// A file of the directory's owner and nobody else: whoever may write in the directory could have
/// put a link, a pipe or another name of somebody's file in its place.
Fd opened(const std::filesystem::path& file, int flags) {
  const int descriptor = open(file.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == ELOOP)
    throw DataDirectoryError(fmt::format("{}: is a symbolic link", file.string()));
  Fd opened(static_cast<int>(check(descriptor, "open " + file.string())));
  struct stat status = {};
  check(fstat(opened.get(), &status), "look at " + file.string());
  if (!S_ISREG(status.st_mode) || status.st_nlink > 1 ||
      status.st_uid != statusOf(file.parent_path()).st_uid) {
    throw DataDirectoryError(
        fmt::format("{}: is no regular file with one name that belongs to the directory's owner",
                    file.string()));
  }
  return opened;
}

void syncDirectory(const std::filesystem::path& path) {
  const Fd directory(static_cast<int>(
      check(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open " + path.string())));
  check(fsync(directory.get()), "fsync " + path.string());
}

std::string contentOf(int fd) {
  std::string text(64, '\0');
  const long size = check(pread(fd, text.data(), text.size(), 0), "read");
  text.resize(static_cast<std::size_t>(size));
  return std::string(trimmed(text));
}

void writeDurably(int fd, const std::string& text, const std::filesystem::path& file) {
  check(ftruncate(fd, 0), "truncate " + file.string());
  check(pwrite(fd, text.data(), text.size(), 0), "write " + file.string());
  check(fsync(fd), "fsync " + file.string());
}

void refuseUnsuitable(const std::filesystem::path& path) {
  const struct stat status = statusOf(path);
  if (!S_ISDIR(status.st_mode))
    throw DataDirectoryError(fmt::format("data directory {}: is not a directory", path.string()));
  if ((status.st_mode & 022) != 0) {
    throw DataDirectoryError(fmt::format("data directory {}: others can write to it (mode {:04o})",
                                         path.string(), status.st_mode & 07777u));
  }
}

void create(const std::filesystem::path& path) {
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
  if (mkdir(path.c_str(), 0700) == -1 && errno != EEXIST) check(-1, "create " + path.string());
  refuseUnsuitable(path);
  // Others of this machine could read functions' code in what older servers have made.
  if ((statusOf(path).st_mode & 077) != 0)
    check(chmod(path.c_str(), 0700), "close " + path.string() + " to others");
}

Fd locked(const std::filesystem::path& path) {
  Fd lock = opened(path / "lock", O_RDWR | O_CREAT);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) == -1) {
    if (errno != EWOULDBLOCK) check(-1, "lock " + path.string());
    throw DataDirectoryError(fmt::format("data directory {}: is in use by the process {}",
                                         path.string(), contentOf(lock.get())));
  }
  writeDurably(lock.get(), fmt::format("{}\n", getpid()), path / "lock");
  return lock;
}

constexpr std::string_view restoring = "restoring";

/// The format is written beside its place and renamed: a crash leaves no half-written number.
void writeFormat(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path temporary = path / "format.new";
  writeDurably(opened(temporary, O_WRONLY | O_CREAT).get(), text + "\n", temporary);
  std::filesystem::rename(temporary, path / "format");
  syncDirectory(path);
}

}  // namespace

void DataDirectory::examine(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return;
  refuseUnsuitable(path);
  if (std::filesystem::exists(path / "format")) formatOf(path);
}

int DataDirectory::formatOf(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path / "format")) {
    throw DataDirectoryError(fmt::format("{} is no data directory of openfc", path.string()));
  }
  const std::string text = contentOf(opened(path / "format", O_RDONLY).get());
  if (text == restoring) {
    throw DataDirectoryError(
        fmt::format("data directory {}: a restore into it was not finished; remove it and restore "
                    "again",
                    path.string()));
  }
  int found = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), found);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || found < 1) {
    throw DataDirectoryError(
        fmt::format("data directory {}: its format file is damaged", path.string()));
  }
  if (found > format) {
    throw DataDirectoryError(
        fmt::format("data directory {}: has format {}, this program knows formats up to {}; use "
                    "the newer openfc",
                    path.string(), found, format));
  }
  return found;
}

DataDirectory DataDirectory::forRestore(std::filesystem::path path) {
  if (std::filesystem::exists(path) && !std::filesystem::is_empty(path)) {
    throw DataDirectoryError(
        fmt::format("data directory {}: is not empty; restore into a new one", path.string()));
  }
  // Its owner could move what is written there, and this program may be root's.
  if (std::filesystem::exists(path) && statusOf(path).st_uid != geteuid()) {
    throw DataDirectoryError(fmt::format(
        "data directory {}: belongs to another user; restore into a new one, or as that user",
        path.string()));
  }
  DataDirectory made;
  made.path_ = std::move(path);
  create(made.path_);
  made.lock_ = locked(made.path_);
  writeFormat(made.path_, std::string(restoring));
  return made;
}

void DataDirectory::finish() const {
  check(syncfs(lock_.get()), "write " + path_.string() + " to the disk");
  writeFormat(path_, std::to_string(format));
}

DataDirectory::DataDirectory(std::filesystem::path path) : path_(std::move(path)) {
  create(path_);
  lock_ = locked(path_);
  if (std::filesystem::exists(path_ / "format")) {
    formatOf(path_);
  } else {
    writeFormat(path_, std::to_string(format));
  }
}

}  // namespace openfc::store
