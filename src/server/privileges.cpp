#include "server/privileges.h"

#include "base/check.h"
#include "base/directories.h"
#include "base/fd.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/eventfd.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <vector>

namespace openfc::server {
namespace {

constexpr uid_t fallbackUid = 62'016;

constexpr rlim_t largestTable = 65'536;  // half a megabyte of the kernel's memory

/// Where there are threads, the kernel waits for all processors' other work whenever it lets the
/// table grow: the loop then stands still for 8 to 20 ms.
void growDescriptorTable(rlim_t limit) {
  const Fd any(static_cast<int>(check(::eventfd(0, EFD_CLOEXEC), "make an eventfd")));
  const auto last = static_cast<int>(std::min(limit, largestTable) - 1);
  const Fd high(static_cast<int>(
      check(::fcntl(any.get(), F_DUPFD_CLOEXEC, last), "grow the table of descriptors")));
}

void dropCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  check(::syscall(SYS_capset, &header, none), "drop capabilities");
}

struct stat statusOf(int file) {
  struct stat status{};
  check(::fstat(file, &status), "look at a file of the data directory");
  return status;
}

/// Over no link.
Fd openDirectory(const std::filesystem::path& path) {
  Fd opened = openWithoutLinks(path, O_RDONLY);
  check(opened.get(), "open " + path.string());
  return opened;
}

std::vector<std::string> namesIn(int directory) {
  const Fd own(static_cast<int>(
      check(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open a directory")));
  std::vector<std::string> names;
  const std::string path = "/proc/self/fd/" + std::to_string(own.get());
  for (const auto& entry : std::filesystem::directory_iterator(path))
    names.push_back(entry.path().filename());
  return names;
}

/// What belongs to that owner; nothing else is touched, whatever stands in the way by then.
void giveBelow(int directory, uid_t owner, Identity identity) {
  for (const std::string& name : namesIn(directory)) {
    const Fd file(::openat(directory, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!file) continue;  // it has gone meanwhile
    const struct stat status = statusOf(file.get());
    if (status.st_uid != owner) continue;
    if (S_ISDIR(status.st_mode)) {
      const Fd below(static_cast<int>(
          check(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                "open " + name)));
      giveBelow(below.get(), owner, identity);
    }
    check(::fchownat(file.get(), "", identity.uid, identity.gid, AT_EMPTY_PATH),
          "give " + name + " to the server's user");
  }
}

}  // namespace

Identity identityOf(const std::string& user) {
  uid_t number = 0;
  const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), number);
  if (error == std::errc() && end == user.data() + user.size()) return {number, number};
  if (const passwd* found = ::getpwnam(user.c_str())) return {found->pw_uid, found->pw_gid};
  return {fallbackUid, fallbackUid};
}

std::size_t raiseDescriptorLimit() {
  rlimit limit{};
  check(::getrlimit(RLIMIT_NOFILE, &limit), "read the limit of descriptors");
  limit.rlim_cur = limit.rlim_max;
  check(::setrlimit(RLIMIT_NOFILE, &limit), "raise the limit of descriptors");
  growDescriptorTable(limit.rlim_cur);
  return limit.rlim_cur;
}

std::optional<std::filesystem::path> closedTo(Identity identity,
                                              const std::filesystem::path& directory) {
  const std::filesystem::path whole = std::filesystem::weakly_canonical(directory);
  const SeenAs user(identity);
  std::filesystem::path way;
  for (const auto& part : whole.parent_path()) {
    way /= part;
    struct stat status{};
    if (::stat((way / ".").c_str(), &status) == -1 && errno == EACCES) return way;
  }
  return std::nullopt;
}

SeenAs::SeenAs(Identity identity)
    : groups_(static_cast<std::size_t>(check(::getgroups(0, nullptr), "count the groups"))) {
  check(::getgroups(static_cast<int>(groups_.size()), groups_.data()), "read the groups");
  // The C library's own call would change all threads.
  check(::syscall(SYS_setgroups, 0, nullptr), "drop supplementary groups");
  ::setfsgid(identity.gid);
  ::setfsuid(identity.uid);
}

SeenAs::~SeenAs() {
  ::setfsuid(::geteuid());
  ::setfsgid(::getegid());
  ::syscall(SYS_setgroups, groups_.size(), groups_.data());
}

Identity ownerOf(const std::filesystem::path& directory) {
  const Fd opened = openDirectory(directory);
  const struct stat status = statusOf(opened.get());
  return {status.st_uid, status.st_gid};
}

void makeFor(const std::filesystem::path& directory, Identity identity) {
  std::filesystem::create_directories(directory.parent_path());
  if (::mkdir(directory.c_str(), 0700) != 0) {
    if (errno != EEXIST) throw SystemError(errno, "create " + directory.string());
    return;
  }
  const Fd made = openDirectory(directory);
  check(::fchown(made.get(), identity.uid, identity.gid),
        "give " + directory.string() + " to the server's user");
}

void giveTo(const std::filesystem::path& directory, Identity identity) {
  const Fd opened = openDirectory(directory);
  const uid_t owner = statusOf(opened.get()).st_uid;
  if (owner == identity.uid) return;
  giveBelow(opened.get(), owner, identity);
  // Last: what was interrupted goes on at the next start.
  check(::fchown(opened.get(), identity.uid, identity.gid),
        "give " + directory.string() + " to the server's user");
}

void dropTo(Identity identity) {
  check(::setgroups(0, nullptr), "drop supplementary groups");
  check(::setresgid(identity.gid, identity.gid, identity.gid), "change the group id");
  check(::setresuid(identity.uid, identity.uid, identity.uid), "change the user id");
  dropCapabilities();
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs");
  // Changing ids clears it; core dumps could hold secrets, so it stays off.
  check(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "clear dumpable");
}

}  // namespace openfc::server
