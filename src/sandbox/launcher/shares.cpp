#include "sandbox/launcher/shares.h"

#include "base/check.h"
#include "base/directories.h"
#include "base/log.h"
#include "sandbox/launcher/files.h"
#include "sandbox/launcher/mount_calls.h"
#include "sandbox/launcher/refusal.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

namespace openfc::sandbox::launcher {
namespace {

/// Users that keep their numbers in a share, and the one that root's files are given to: as NFS
/// does it, so that no function makes files that are root's on this machine.
constexpr std::uint32_t sharedIds = 65536;
constexpr std::uint32_t nobody = 65534;

/// Who owns files on the share that the sandbox's user makes.
struct Owner {
  std::uint32_t user = nobody;
  std::uint32_t group = nobody;
};

std::uint32_t ownerId(std::uint32_t wanted, std::uint32_t ofDirectory) {
  const std::uint32_t id = wanted == ownerOfDirectory ? ofDirectory : wanted;
  return id == 0 || id >= sharedIds ? nobody : id;
}

/// One line for each range: of the share, of the sandbox, how many.
std::string idMap(std::uint32_t owner, std::uint32_t inside) {
  std::string map = fmt::format("0 0 {}\n{} {} 1\n", owner, owner, inside);
  if (owner + 1 < sharedIds) {
    map += fmt::format("{} {} {}\n", owner + 1, owner + 1, sharedIds - owner - 1);
  }
  return map;
}

void writeMap(pid_t process, const char* name, const std::string& map) {
  const std::string path = fmt::format("/proc/{}/{}", process, name);
  const Fd file(
      static_cast<int>(check(::open(path.c_str(), O_WRONLY | O_CLOEXEC), "open " + path)));
  check(::write(file.get(), map.data(), map.size()), "write " + path);
}

/// A process that only holds a user namespace.
class Holder {
public:
  Holder()
      : process_(static_cast<pid_t>(
            check(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, nullptr),
                  "make a user namespace"))) {
    if (process_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    for (;;) ::pause();
  }
  ~Holder() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  pid_t process() const { return process_; }

private:
  pid_t process_;
};

Fd mappingOf(const Owner& owner, uid_t user) {
  const Holder holder;
  writeMap(holder.process(), "uid_map", idMap(owner.user, user));
  writeMap(holder.process(), "gid_map", idMap(owner.group, user));
  const std::string path = fmt::format("/proc/{}/ns/user", holder.process());
  return Fd(static_cast<int>(check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open " + path)));
}

bool plainText(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

/// "a/b/c": nothing that leads elsewhere.
bool isPlainPath(std::string_view path) {
  if (path.empty() || path.size() > maximumPath || !plainText(path)) return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view name = path.substr(at, end - at);
    if (name.empty() || name == "." || name == ".." || name.size() > 255) return false;
    at = end + 1;
  }
  return true;
}

/// The one of the directories for mounts that the place is, or lies in.
std::optional<std::string_view> topOf(std::string_view place) {
  for (const std::string_view top : mountTops) {
    if (place == top) return top;
    if (place.starts_with(top) && place[top.size()] == '/' &&
        isPlainPath(place.substr(top.size() + 1)))
      return top;
  }
  return std::nullopt;
}

Fd openBeneath(int directory, const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return Fd(static_cast<int>(::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how)));
}

Fd openWanted(const std::string& share, const ShareMount& wanted, const Defences& defences) {
  Fd directory = openShareDirectory(share, defences);
  if (directory && !wanted.below.empty()) {
    if (!isPlainPath(wanted.below))
      throw Refusal(
          fmt::format("mount at {}: {} is no path in a share", wanted.place, wanted.below));
    directory = openBeneath(directory.get(), wanted.below);
  }
  if (!directory) {
    throw Refusal(fmt::format("mount at {}: open {}: {}", wanted.place,
                              wanted.below.empty() ? "the share" : wanted.below,
                              ::strerror(errno)));
  }
  return directory;
}

/// False: the file system of the tree cannot do it.
bool mapOwners(int tree, const Owner& owner, uid_t user) {
  const Fd mapping = mappingOf(owner, user);
  mount_attr change{};
  change.attr_set = MOUNT_ATTR_IDMAP;
  change.userns_fd = static_cast<std::uint64_t>(mapping.get());
  return ::syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &change, sizeof change) == 0;
}

void makePlace(const std::string& place, std::string_view top) {
  for (std::size_t at = top.size(); at < place.size();) {
    at = std::min(place.find('/', at + 1), place.size());
    const std::string directory = place.substr(0, at);
    if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
      throw SystemError(errno, "make " + directory);
  }
}

}  // namespace

Fd openShareDirectory(const std::string& path, const Defences& defences) {
  if (defences.on(Defence::shareLinks)) return openWithoutLinks(path, O_PATH);
  return Fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

void refuseWrongPlaces(const std::vector<std::string>& table, std::span<const ShareMount> wanted) {
  for (const ShareMount& mount : wanted) {
    if (mount.share >= table.size())
      throw std::runtime_error(fmt::format("there is no share {}", mount.share));
    if (!topOf(mount.place))
      throw Refusal(
          fmt::format("mount at {}: only /mnt, /home and /data take mounts", mount.place));
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    for (const ShareMount& other : wanted.first(i)) {
      const std::string& place = wanted[i].place;
      if (place == other.place || place.starts_with(other.place + '/') ||
          other.place.starts_with(place + '/'))
        throw Refusal(fmt::format("mount at {}: {} is in its way", place, other.place));
    }
  }
}

Fd openShare(const std::string& share, const ShareMount& wanted, uid_t user,
             const Defences& defences) {
  const Fd directory = openWanted(share, wanted, defences);
  struct stat status{};
  check(::fstat(directory.get(), &status), "look at " + share);
  Fd tree(static_cast<int>(check(::syscall(SYS_open_tree, directory.get(), "",
                                           OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH),
                                 "open the tree of " + share)));
  changeMount(tree.get(), "", {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV}, Depth::one);
  const Owner owner{ownerId(wanted.user, status.st_uid), ownerId(wanted.group, status.st_gid)};
  if (user != 0 && !mapOwners(tree.get(), owner, user)) {
    log::warn("a share's files keep their owners",
              {{"directory", share}, {"reason", ::strerror(errno)}});
  }
  return tree;
}

void attachShares(std::span<const ShareTree> trees) {
  std::set<std::string_view> made;
  for (const ShareTree& share : trees) {
    const std::string_view top = topOf(share.place).value_or(share.place);
    if (share.place != top) {
      if (made.insert(top).second) attachTree(newTmpfs("64k").get(), std::string(top).c_str());
      makePlace(share.place, top);
    }
    attachTree(share.tree.get(), share.place.c_str());
  }
  for (const std::string_view top : made) {
    changeMount(
        AT_FDCWD, std::string(top).c_str(),
        {.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC},
        Depth::one);
  }
}

}  // namespace openfc::sandbox::launcher
