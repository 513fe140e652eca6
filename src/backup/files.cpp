#include "backup/files.h"

#include "base/check.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace openfc::backup {
namespace {

constexpr std::size_t pieceSize = 1 << 20;
constexpr std::string_view userAttributes = "user.";

void writeAll(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const long count = check(::write(fd, bytes.data(), bytes.size()), "write " + name);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Shows every byte of a file to `visit`, in pieces.
template <class Visit>
Copied readAll(int fd, const std::string& name, Visit visit) {
  Digest digest(Digest::Kind::sha256);
  Copied copied;
  std::string piece(pieceSize, '\0');
  while (true) {
    const auto count =
        static_cast<std::size_t>(check(::read(fd, piece.data(), piece.size()), "read " + name));
    if (count == 0) break;
    const std::string_view bytes(piece.data(), count);
    digest.add(bytes);
    copied.size += count;
    visit(bytes);
  }
  copied.sha256 = toHex(digest.finish());
  return copied;
}

/// Attributes that this file system cannot keep are an error: objects would lose their metadata.
void copyAttributes(int from, int to, const std::string& name) {
  const long size = ::flistxattr(from, nullptr, 0);
  if (size == -1 && errno == ENOTSUP) return;
  std::string names(static_cast<std::size_t>(check(size, "list the attributes of " + name)), '\0');
  names.resize(static_cast<std::size_t>(
      check(::flistxattr(from, names.data(), names.size()), "list the attributes of " + name)));
  for (std::size_t at = 0; at < names.size();) {
    const std::string attribute = names.substr(at, names.find('\0', at) - at);
    at += attribute.size() + 1;
    if (!attribute.starts_with(userAttributes)) continue;
    std::string value(std::size_t{64} * 1024, '\0');
    value.resize(static_cast<std::size_t>(
        check(::fgetxattr(from, attribute.c_str(), value.data(), value.size()),
              "read the attributes of " + name)));
    check(::fsetxattr(to, attribute.c_str(), value.data(), value.size(), 0),
          "write the attributes of " + name);
  }
}

}  // namespace

std::optional<Copied> copyFile(const std::filesystem::path& from, const std::filesystem::path& to) {
  // Nothing that blocks when it is no file but a pipe.
  const int opened = ::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (opened < 0 && (errno == ENOENT || errno == ELOOP)) return std::nullopt;
  const Fd source(static_cast<int>(check(opened, "open " + from.string())));
  struct stat status = {};
  check(::fstat(source.get(), &status), "look at " + from.string());
  if (!S_ISREG(status.st_mode)) return std::nullopt;

  std::filesystem::create_directories(to.parent_path());
  const Fd target(static_cast<int>(
      check(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600),
            "make " + to.string())));
  Copied copied = readAll(source.get(), from.string(), [&](std::string_view bytes) {
    writeAll(target.get(), bytes, to.string());
  });
  copyAttributes(source.get(), target.get(), from.string());
  check(::fchmod(target.get(), status.st_mode & 0777), "set the mode of " + to.string());
  return copied;
}

Copied digestOf(const std::filesystem::path& file) {
  const Fd fd(static_cast<int>(
      check(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC), "open " + file.string())));
  return readAll(fd.get(), file.string(), [](std::string_view) {});
}

}  // namespace openfc::backup
