#include "package/zip.h"

#include "base/check.h"
#include "base/error.h"
#include "package/zip_directory.h"
#include "package/zip_reader.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>

namespace openfc::package {
namespace {

constexpr std::uint64_t freeOfRatio = 10u << 20;

void checkSizes(std::string_view zip, const std::vector<DirectoryEntry>& entries,
                const Limits& limits) {
  if (entries.empty()) throw invalidArgument("code.zip: holds no entries");
  std::uint64_t total = 0;
  for (const DirectoryEntry& entry : entries) {
    if (entry.unpacked > limits.maxUnpacked - total) {
      throw invalidArgument(
          fmt::format("code.zip: unpacks to more than the {} bytes allowed (at entry '{}')",
                      limits.maxUnpacked, shownName(entry.name)));
    }
    total += entry.unpacked;
  }
  if (total > freeOfRatio && total / zip.size() >= limits.maxRatio) {
    throw invalidArgument(fmt::format("code.zip: unpacks to {} bytes, more than {} times its size",
                                      total, limits.maxRatio));
  }
}

Kind kindOf(std::string_view name, unsigned mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return Kind::file;
    case S_IFDIR:
      return Kind::directory;
    case S_IFLNK:
      return Kind::link;
    default:
      refuseEntry(name, "is neither a file nor a directory nor a symbolic link");
  }
}

/// Unpacks one entry's content to nowhere: as many bytes as declared and not one more.
void checkContent(ZipReader& reader, const DirectoryEntry& declared, const Entry& entry) {
  std::uint64_t size = entry.target.size();
  for (std::string_view bytes = reader.read(declared.name); !bytes.empty();
       bytes = reader.read(declared.name)) {
    size += bytes.size();
    if (size > declared.unpacked) break;
  }
  if (size != declared.unpacked)
    refuseEntry(declared.name, "does not have the size that it declares");
  if (entry.kind == Kind::directory && size > 0)
    refuseEntry(declared.name, "is a directory with content");
}

Entry checkedEntry(ZipReader& reader, const DirectoryEntry& declared, EntryTree& tree) {
  Entry entry{.path = safePath(declared.name)};
  const std::optional<Header> header = reader.next(declared.name);
  if (!header) refuseEntry(declared.name, "cannot be found twice in the same place");
  if (header->hardLink) refuseEntry(declared.name, "is a hard link");
  entry.kind = kindOf(declared.name, header->mode);
  // libarchive takes some kinds for files.
  if ((declared.mode & S_IFMT) != 0) kindOf(declared.name, declared.mode);
  if (declared.name.ends_with('/') && entry.kind != Kind::directory) {
    refuseEntry(declared.name, "has a directory's name, but is none");
  }
  entry.executable = (header->mode & 0111) != 0;
  if (entry.kind == Kind::link) {
    entry.target = header->target;
    checkLink(declared.name, entry.path, entry.target);
  }
  tree.add(declared.name, entry.path, entry.kind);
  checkContent(reader, declared, entry);
  return entry;
}

Fd createdFile(int directory, const Entry& entry) {
  // The checks leave no way out of the directory; the kernel is told to see to it as well.
  open_how how = {};
  how.flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  how.mode = 0600;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  return Fd(
      static_cast<int>(check(syscall(SYS_openat2, directory, entry.path.c_str(), &how, sizeof(how)),
                             "create " + shownName(entry.path))));
}

void writeFile(ZipReader& reader, const Entry& entry, int directory) {
  const Fd file = createdFile(directory, entry);
  for (std::string_view bytes = reader.read(entry.path); !bytes.empty();
       bytes = reader.read(entry.path)) {
    while (!bytes.empty()) {
      const long written =
          check(write(file.get(), bytes.data(), bytes.size()), "write " + shownName(entry.path));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  check(fchmod(file.get(), entry.executable ? 0755 : 0644),
        "set the mode of " + shownName(entry.path));
}

void makeDirectory(const std::string& path, int directory) {
  if (mkdirat(directory, path.c_str(), 0755) == -1) {
    if (errno == EEXIST) return;
    check(-1, "create " + shownName(path));
  }
  check(fchmodat(directory, path.c_str(), 0755, 0), "set the mode of " + shownName(path));
}

void makeDirectories(const std::string& path, int directory) {
  for (std::size_t slash = path.find('/'); slash != std::string::npos;
       slash = path.find('/', slash + 1)) {
    makeDirectory(path.substr(0, slash), directory);
  }
}

}  // namespace

std::vector<Entry> checkZip(std::string_view zip, const Limits& limits, std::stop_token stop) {
  if (zip.size() > limits.maxArchive) {
    throw invalidArgument(fmt::format("code.zip: has {} bytes, more than the {} allowed",
                                      zip.size(), limits.maxArchive));
  }
  const std::vector<DirectoryEntry> directory = readDirectory(zip, limits.maxEntries);
  checkSizes(zip, directory, limits);
  ZipReader reader(zip, std::move(stop));
  EntryTree tree(limits.maxEntries);
  std::vector<Entry> entries;
  entries.reserve(directory.size());
  for (const DirectoryEntry& declared : directory)
    entries.push_back(checkedEntry(reader, declared, tree));
  if (reader.next(""))
    throw invalidArgument(
        "code.zip: not a valid ZIP archive: it holds entries that it does not list");
  return entries;
}

void unpackZip(std::string_view zip, const std::vector<Entry>& entries, int directory,
               std::stop_token stop) {
  ZipReader reader(zip, std::move(stop));
  std::string_view made;  // the last directory that is known to be there
  for (const Entry& entry : entries) {
    if (!reader.next(entry.path))
      throw std::runtime_error("unpack: the archive has changed since it was checked");
    const std::string_view parent =
        std::string_view(entry.path).substr(0, entry.path.rfind('/') + 1);
    if (parent != made) makeDirectories(entry.path, directory);
    made = parent;
    if (entry.kind == Kind::directory && !entry.path.empty()) makeDirectory(entry.path, directory);
    if (entry.kind == Kind::file) writeFile(reader, entry, directory);
  }
  // Last, so that no link stands in the way of a file.
  for (const Entry& entry : entries) {
    if (entry.kind != Kind::link) continue;
    check(symlinkat(entry.target.c_str(), directory, entry.path.c_str()),
          "create " + shownName(entry.path));
  }
}

}  // namespace openfc::package
