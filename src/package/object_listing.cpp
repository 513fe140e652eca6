#include "package/object_listing.h"

#include "base/check.h"
#include "base/encoding.h"
#include "base/fd.h"
#include "package/object_names.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <memory>

namespace openfc::package {
namespace {

constexpr const char* attribute = "user.openfc.object";
constexpr std::size_t maxAttribute = 65536;

std::int64_t nanoseconds(const struct stat& status) {
  return status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec;
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

/// The first line of a stamp: what the file was like, so that one that was changed later is known.
std::string fingerprint(const struct stat& status) {
  return fmt::format("1 {} {}", status.st_size, nanoseconds(status));
}

std::string_view takeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

/// Fills what the stamp tells; leaves `state` alone when it is not of this file or not readable.
void readStamp(std::string_view text, const struct stat& status, ObjectState& state) {
  if (takeLine(text) != fingerprint(status)) return;
  const std::string_view md5 = takeLine(text);
  const std::string_view checksum = takeLine(text);
  std::uint64_t crc = 0;
  const auto read = std::from_chars(checksum.data(), checksum.data() + checksum.size(), crc);
  if (read.ec != std::errc() || md5.empty()) return;
  state.etag = upper(std::string(md5));
  state.crc64 = crc;
  while (!text.empty()) {
    const std::string_view line = takeLine(text);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    state.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
}

ObjectState plainState(const struct stat& status) {
  const std::string seed =
      fmt::format("{} {} {}", status.st_ino, status.st_size, nanoseconds(status));
  return {.size = static_cast<std::uint64_t>(status.st_size),
          .modified = modifiedOf(status),
          .etag = upper(toHex(md5(seed))) + "-0",
          .crc64 = std::nullopt,
          .headers = {}};
}

/// Goes through a bucket in the order of names and fills a page.
class Walk {
public:
  Walk(int root, const ObjectQuery& query, ObjectPage& page)
      : root_(root), query_(query), page_(page) {}

  /// `path` is "" or ends with a slash. False: the page is full.
  bool enter(const std::string& path) {
    const Fd directory(openat(root_, path.empty() ? "." : path.c_str(),
                              O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!directory) return true;  // removed meanwhile, or not for the server
    for (const std::string& name : entriesOf(directory.get(), path.empty())) {
      if (name.ends_with('/')) {
        if (wanted(path + name) && !enter(path + name)) return false;
      } else if (!visit(directory.get(), path + name, name)) {
        return false;
      }
    }
    return true;
  }

private:
  /// Files and directories in the order of the names below them: a directory counts with its slash.
  static std::vector<std::string> entriesOf(int directory, bool top) {
    std::vector<std::string> entries;
    for (std::string& name : namesIn(directory)) {
      struct stat status = {};
      if (top && name.starts_with(ownFilePrefix)) continue;
      if (fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
      if (S_ISDIR(status.st_mode)) entries.push_back(name + '/');
      if (S_ISREG(status.st_mode)) entries.push_back(std::move(name));
    }
    std::ranges::sort(entries);
    return entries;
  }

  /// Whether names below this directory may belong to the page.
  bool wanted(const std::string& directory) const {
    const bool fits = directory.starts_with(query_.prefix) || query_.prefix.starts_with(directory);
    const bool before = directory < query_.after && !query_.after.starts_with(directory);
    return fits && !before && !done(directory);
  }

  /// Whether a name is part of a common prefix that this page or the last one holds.
  bool done(const std::string& name) const {
    if (query_.delimiter.empty()) return false;
    const auto& prefixes = page_.commonPrefixes;
    if (!prefixes.empty() && name.starts_with(prefixes.back())) return true;
    return query_.after.ends_with(query_.delimiter) && query_.after.size() > query_.prefix.size() &&
           name.starts_with(query_.after);
  }

  bool visit(int directory, const std::string& name, const std::string& leaf) {
    if (!name.starts_with(query_.prefix) || name <= query_.after || done(name)) return true;
    if (fileNameProblem(name)) return true;  // cannot be asked for either
    if (page_.objects.size() + page_.commonPrefixes.size() >= query_.limit) {
      page_.truncated = true;
      return false;
    }
    const auto cut = query_.delimiter.empty() ? std::string::npos
                                              : name.find(query_.delimiter, query_.prefix.size());
    if (cut != std::string::npos) {
      page_.last = name.substr(0, cut + query_.delimiter.size());
      page_.commonPrefixes.push_back(page_.last);
      return true;
    }
    const Fd file = openBeneath(directory, leaf, Links::refuse);
    if (!file) return true;
    page_.objects.push_back({name, stateOf(file.get())});
    page_.last = name;
    return true;
  }

  int root_;
  const ObjectQuery& query_;
  ObjectPage& page_;
};

}  // namespace

Time modifiedOf(const struct stat& status) {
  return Time(
      std::chrono::duration_cast<Time::duration>(std::chrono::nanoseconds(nanoseconds(status))));
}

ObjectState stateOf(int file) {
  struct stat status = {};
  check(fstat(file, &status), "tell the state of an object");
  ObjectState state = plainState(status);
  std::string text(maxAttribute, '\0');
  const long size = fgetxattr(file, attribute, text.data(), text.size());
  if (size > 0)
    readStamp(std::string_view(text).substr(0, static_cast<std::size_t>(size)), status, state);
  return state;
}

ObjectState stamp(int file, std::string md5, std::uint64_t crc64, ObjectHeaders headers) {
  struct stat status = {};
  check(fstat(file, &status), "tell the state of an uploaded object");
  std::string text = fmt::format("{}\n{}\n{}\n", fingerprint(status), md5, crc64);
  for (const auto& [name, value] : headers) text += fmt::format("{}:{}\n", name, value);
  if (fsetxattr(file, attribute, text.data(), text.size(), 0) != 0) {
    const int error = errno;
    if (error != ENOTSUP && error != E2BIG && error != ENOSPC && error != ERANGE) {
      throw SystemError(error, "keep the metadata of an object");
    }
    // The type alone can be done without: it is then the usual one.
    if (std::ranges::any_of(headers,
                            [](const auto& header) { return header.first != "content-type"; })) {
      throw ObjectError(ObjectError::Problem::noMetadata,
                        "the bucket's file system cannot keep the object's metadata");
    }
  }
  return {.size = static_cast<std::uint64_t>(status.st_size),
          .modified = modifiedOf(status),
          .etag = upper(std::move(md5)),
          .crc64 = crc64,
          .headers = std::move(headers)};
}

std::vector<std::string> namesIn(int directory) {
  // A descriptor of its own: reading moves the position that duplicates would share.
  Fd own(openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) throw SystemError(errno, "open a directory of a bucket");
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(own.get()), &closedir);
  if (!stream) throw SystemError(errno, "read a directory of a bucket");
  own.release();
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = readdir(stream.get())) {
    const std::string_view name(static_cast<const char*>(entry->d_name));
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) throw SystemError(errno, "read a directory of a bucket");
  return names;
}

void listObjects(int directory, const ObjectQuery& query, ObjectPage& page) {
  if (query.limit == 0) return;
  Walk(directory, query, page).enter("");
}

}  // namespace openfc::package
