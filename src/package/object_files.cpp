#include "package/object_files.h"

#include "base/check.h"
#include "base/directories.h"
#include "base/encoding.h"
#include "base/id.h"
#include "package/object_listing.h"
#include "package/object_names.h"
#include "package/packages.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace openfc::package {
namespace {

constexpr std::string_view unfinished = ".openfc-incoming-";
constexpr int placeAttempts = 5;

long openWithin(int directory, const std::string& path, std::uint64_t flags, std::uint64_t links) {
  open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | links;
  return syscall(SYS_openat2, directory, path.c_str(), &how, sizeof(how));
}

Fd openDirectory(int directory, const std::string& path) {
  return Fd(
      static_cast<int>(openWithin(directory, path, O_RDONLY | O_DIRECTORY, RESOLVE_NO_SYMLINKS)));
}

/// The path of what holds `name`; "." = the bucket's directory.
std::string parentOf(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? "." : name.substr(0, slash);
}

std::string leafOf(const std::string& name) { return name.substr(name.rfind('/') + 1); }

/// What a failed call means for whoever wants to write; anything else is the machine's trouble.
[[noreturn]] void fail(int error, const std::string& doing) {
  using enum ObjectError::Problem;
  if (error == EACCES || error == EPERM || error == EROFS) {
    throw ObjectError(notAllowed, "the server may not write to the bucket's directory");
  }
  if (error == ENOTDIR || error == EISDIR || error == ENOTEMPTY || error == ELOOP) {
    throw ObjectError(inTheWay,
                      "the name is, or goes through, that of something else in the bucket");
  }
  if (error == EEXIST) throw ObjectError(exists, "the object exists already");
  throw SystemError(error, doing);
}

/// What the object of this name is like, if there is one.
std::optional<ObjectState> stateIn(int directory, const std::string& name) {
  const Fd file = openBeneath(directory, name, Links::refuse);
  return file ? std::optional(stateOf(file.get())) : std::nullopt;
}

void must(long result, const std::string& doing) {
  if (result < 0) fail(errno, doing);
}

}  // namespace

Fd openBeneath(int directory, const std::string& name, Links links) {
  const std::uint64_t rule = links == Links::refuse ? RESOLVE_NO_SYMLINKS : 0;
  Fd file(static_cast<int>(openWithin(directory, name, O_RDONLY | O_NONBLOCK, rule)));
  struct stat status = {};
  // Whatever cannot be opened is not there for a client: a link that leaves the bucket, a part that
  // is a file.
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return Fd();
  return file;
}

ObjectFiles::ObjectFiles(const std::filesystem::path& directory, Missing missing) {
  if (missing == Missing::make) std::filesystem::create_directories(directory);
  directory_ = openWithoutLinks(directory, O_RDONLY);
  check(directory_.get(), "open the bucket " + directory.string());
}

std::optional<ObjectFiles::Opened> ObjectFiles::open(const std::string& name) const {
  Fd file = openBeneath(directory_.get(), name, Links::refuse);
  if (!file) return std::nullopt;
  ObjectState state = stateOf(file.get());
  return Opened{std::move(file), std::move(state)};
}

ObjectPage ObjectFiles::list(const ObjectQuery& query) const {
  ObjectPage page;
  listObjects(directory_.get(), query, page);
  return page;
}

std::optional<ObjectState> ObjectFiles::remove(const std::string& name) const {
  std::string parent = parentOf(name);
  Fd directory = openDirectory(directory_.get(), parent);
  struct stat status = {};
  const std::string leaf = leafOf(name);
  if (!directory || fstatat(directory.get(), leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  std::optional<ObjectState> before = stateIn(directory.get(), leaf);
  if (unlinkat(directory.get(), leaf.c_str(), 0) != 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(errno, "remove an object");
  }
  check(fsync(directory.get()), "write a bucket's directory");
  while (parent != ".") {
    directory = openDirectory(directory_.get(), parentOf(parent));
    // Not empty, or somebody was faster: the rest stays.
    if (!directory || unlinkat(directory.get(), leafOf(parent).c_str(), AT_REMOVEDIR) != 0) break;
    parent = parentOf(parent);
  }
  return before;
}

void ObjectFiles::dropUnfinished(Time before) const {
  for (const std::string& name : namesIn(directory_.get())) {
    struct stat status = {};
    if (!name.starts_with(unfinished) ||
        fstatat(directory_.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        modifiedOf(status) >= before) {
      continue;
    }
    if (unlinkat(directory_.get(), name.c_str(), 0) != 0 && errno != ENOENT) {
      throw SystemError(errno, "remove an unfinished upload");
    }
  }
}

std::size_t ObjectFiles::removeOlder(Time before) const {
  constexpr std::size_t pageSize = 1000;
  std::size_t removed = 0;
  ObjectQuery query{.prefix = "", .delimiter = "", .after = "", .limit = pageSize};
  while (true) {
    const ObjectPage page = list(query);
    for (const ListedObject& object : page.objects) {
      if (object.state.modified >= before) continue;
      remove(object.name);
      ++removed;
    }
    if (!page.truncated) return removed;
    query.after = page.last;
  }
}

ObjectUpload::ObjectUpload(const ObjectFiles& files)
    : files_(files), temporary_(std::string(unfinished) + uuid()) {
  const int fd = openat(files_.directory_.get(), temporary_.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
  must(fd, "begin an upload");
  file_ = Fd(fd);
}

ObjectUpload::~ObjectUpload() {
  if (!temporary_.empty()) unlinkat(files_.directory_.get(), temporary_.c_str(), 0);
}

void ObjectUpload::add(std::string_view bytes) {
  md5_.add(bytes);
  crc_ = crc64(bytes, crc_);
  size_ += bytes.size();
  while (!bytes.empty()) {
    const long count =
        check(::write(file_.get(), bytes.data(), bytes.size()), "write an uploaded object");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Makes the directories of the name one by one, never through a link, and returns the last one.
Fd ObjectUpload::makeParents(const std::string& name) const {
  Fd directory = openDirectory(files_.directory_.get(), ".");
  std::string_view rest = name;
  for (auto slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    const std::string part(rest.substr(0, slash));
    rest.remove_prefix(slash + 1);
    if (mkdirat(directory.get(), part.c_str(), 0750) != 0 && errno != EEXIST) {
      fail(errno, "make a directory of a bucket");
    }
    Fd next = openDirectory(directory.get(), part);
    must(next.get(), "open a directory of a bucket");
    directory = std::move(next);
  }
  return directory;
}

void ObjectUpload::place(int parent, const std::string& leaf, Existing existing) const {
  const unsigned flags = existing == Existing::keep ? RENAME_NOREPLACE : 0;
  must(renameat2(files_.directory_.get(), temporary_.c_str(), parent, leaf.c_str(), flags),
       "give an uploaded object its name");
  check(fsync(parent), "write a bucket's directory");
}

ObjectUpload::Stored ObjectUpload::commit(const std::string& name, const std::string& md5,
                                          ObjectHeaders headers, Existing existing) {
  ObjectState state = stamp(file_.get(), toHex(md5), crc_, std::move(headers));
  check(fsync(file_.get()), "write an uploaded object");
  std::optional<ObjectState> before;
  for (int attempt = 1;; ++attempt) {
    try {
      const Fd parent = makeParents(name);
      before = stateIn(parent.get(), leafOf(name));
      place(parent.get(), leafOf(name), existing);
      break;
    } catch (const SystemError& failure) {
      // A removal takes directories away that become empty; another attempt makes them again.
      if (failure.error() != ENOENT || attempt == placeAttempts) throw;
    }
  }
  temporary_.clear();
  return {std::move(state), std::move(before)};
}

}  // namespace openfc::package
