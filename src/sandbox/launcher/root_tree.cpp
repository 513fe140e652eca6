#include "sandbox/launcher/root_tree.h"

#include "base/check.h"
#include "sandbox/launcher/files.h"
#include "sandbox/launcher/mount_calls.h"
#include "sandbox/trust.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <optional>
#include <sstream>
#include <string_view>

namespace openfc::sandbox::launcher {
namespace {

/// Any directory that is no source of what is shown: the tree is built on top of it, in a namespace
/// that only it uses.
const std::string stage = "/proc";

struct Directory {
  const char* path;
  mode_t mode;
};
constexpr Directory directories[] = {
    // The lib directories: glibc's loader remembers at the start of a process which directories of
    // LD_LIBRARY_PATH
    // were missing, and a pre-warmed process starts before its code is mounted.
    {"/code", 0755},
    {"/code/lib", 0755},
    {"/opt", 0755},
    {"/opt/lib", 0755},
    {"/data", 0755},
    {"/dev", 0755},
    {"/etc", 0755},
    {"/mnt", 0755},
    {"/proc", 0555},
    {"/run", 0755},
    {"/tmp", 01777},
    {"/usr", 0755},
    {"/var", 0755},
    {"/var/fc", 0755},
    {"/var/fc/runtime", 0755},
    {"/var/fc/compiled", 0755},
    {"/var/fc/compiled/code", 0755},
    {"/var/fc/compiled/opt", 0755},
    {"/var/lib", 0755},
    {emptyDirectory, 0755},
    {"/root", 0700},
};

struct Link {
  const char* path;
  const char* target;
};
constexpr Link links[] = {
    {"/var/tmp", "/tmp"},
    {"/var/run", "/run"},
    {"/etc/localtime", "/usr/share/zoneinfo/Etc/UTC"},
    {"/etc/mtab", "/proc/self/mounts"},
    {"/dev/fd", "/proc/self/fd"},
    {"/dev/stdin", "/proc/self/fd/0"},
    {"/dev/stdout", "/proc/self/fd/1"},
    {"/dev/stderr", "/proc/self/fd/2"},
};

/// Directories that may be links into /usr, or not.
constexpr const char* systemDirectories[] = {"/bin",   "/sbin",  "/lib",
                                             "/lib32", "/lib64", "/libx32"};

/// What of the host's /etc is shown where it exists: directories as they are, files as copies.
constexpr const char* shownOfEtc[] = {
    "alternatives",
    "ssl/certs",
    "ssl/openssl.cnf",
    "ca-certificates",
    "ld.so.cache",
    "mime.types",
    "services",
    "protocols",
    "gai.conf",
    "java-11-openjdk",
    "java-17-openjdk",
    "java-21-openjdk",
    "python3",
    "python3.11",
    "python3.12",
    "python3.13",
    "fonts",
    "php",
    "perl",
    "os-release",
    "debian_version",
};

struct Device {
  const char* path;
  unsigned minor;
};
constexpr Device devices[] = {
    {"/dev/null", 3}, {"/dev/zero", 5}, {"/dev/full", 7}, {"/dev/random", 8}, {"/dev/urandom", 9},
};

/// /proc/stat with as many processors and the same start of the machine, and no number that others'
/// work moves.
std::string withoutWork(std::string_view stat) {
  std::string still;
  while (!stat.empty()) {
    const std::string_view line = stat.substr(0, stat.find('\n'));
    stat.remove_prefix(std::min(stat.size(), line.size() + 1));
    const std::string_view name = line.substr(0, line.find(' '));
    if (name == "btime") {
      still += line;
    } else {
      still += name;
      still += name == "cpu"             ? "  0 0 0 0 0 0 0 0 0 0"
               : name.starts_with("cpu") ? " 0 0 0 0 0 0 0 0 0 0"
                                         : " 0";
    }
    still += '\n';
  }
  return still;
}

/// /proc/cgroups with one group of each controller.
std::string withoutCounts(std::string_view cgroups) {
  std::string still;
  std::istringstream lines{std::string(cgroups)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::string hierarchy;
    std::string count;
    std::string enabled;
    if (line.starts_with('#') || !(words >> name >> hierarchy >> count >> enabled)) {
      still += line + "\n";
    } else {
      still += fmt::format("{}\t{}\t1\t{}\n", name, hierarchy, enabled);
    }
  }
  return still;
}

std::string staged(std::string_view path) { return stage + std::string(path); }

void makeStagedDirectory(const std::string& path, mode_t mode) {
  makeDirectory(staged(path));
  check(::chmod(staged(path).c_str(), mode), "set the mode of " + path);
}

void makeStagedFile(const std::string& path, std::string_view content, mode_t mode) {
  const std::string place = staged(path);
  const Fd file(static_cast<int>(check(
      ::open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode), "create " + path)));
  for (std::size_t at = 0; at < content.size();) {
    at += static_cast<std::size_t>(
        check(::write(file.get(), content.data() + at, content.size() - at), "write " + path));
  }
  check(::fchmod(file.get(), mode), "set the mode of " + path);
}

void showTree(const std::string& source, const std::string& path) {
  const Fd tree = cloneTree(AT_FDCWD, source.c_str(), Depth::recursive);
  attachTree(tree.get(), staged(path).c_str());
}

void showSystem() {
  showTree("/usr", "/usr");
  for (const char* path : systemDirectories) {
    struct stat status{};
    if (::lstat(path, &status) != 0) continue;
    if (S_ISLNK(status.st_mode)) {
      std::array<char, PATH_MAX> target{};
      check(::readlink(path, target.data(), target.size() - 1),
            std::string("read the link ") + path);
      check(::symlink(target.data(), staged(path).c_str()), std::string("make the link ") + path);
    } else if (S_ISDIR(status.st_mode)) {
      makeStagedDirectory(path, 0755);
      showTree(path, path);
    }
  }
}

void showEtc() {
  for (const std::string_view name : shownOfEtc) {
    const std::string path = "/etc/" + std::string(name);
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) continue;
    const std::size_t slash = path.rfind('/');
    if (slash != 4 && !exists(staged(path.substr(0, slash))))
      makeStagedDirectory(path.substr(0, slash), 0755);
    if (S_ISREG(status.st_mode)) {
      makeStagedFile(path, readFile(path), 0644);
    } else if (S_ISDIR(status.st_mode)) {
      makeStagedDirectory(path, 0755);
      showTree(path, path);
    }
  }
}

/// Every sandbox's user has a line, because programs ask for the name of theirs.
void writeUsers(const RootTreeConfig& config) {
  std::string users = "root:x:0:0:root:/root:/usr/sbin/nologin\n";
  std::string groups = "root:x:0:\n";
  for (unsigned i = 0; i < config.uidCount; ++i) {
    const uid_t uid = config.uidBase + i;
    users += fmt::format("user{}:x:{}:{}::/tmp:/bin/sh\n", uid, uid, uid);
    groups += fmt::format("user{}:x:{}:\n", uid, uid);
  }
  users += "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
  groups += "nogroup:x:65534:\n";
  makeStagedFile("/etc/passwd", users, 0644);
  makeStagedFile("/etc/group", groups, 0644);
}

void writeEtc(const RootTreeConfig& config) {
  writeUsers(config);
  makeStagedFile("/etc/hosts", "127.0.0.1 localhost fc\n::1 localhost ip6-localhost ip6-loopback\n",
                 0644);
  makeStagedFile("/etc/hostname", "fc\n", 0644);
  makeStagedFile(
      "/etc/nsswitch.conf",
      "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n", 0644);
  makeStagedFile("/etc/resolv.conf", config.resolvConf, 0644);
}

/// The host's directory of certificates stays as it is; one of its files is covered.
void showTrusted(const std::string& trusted) {
  if (trusted.empty()) return;
  makeStagedDirectory("/etc/openfc", 0755);
  makeStagedFile(authorityFile, trusted, 0444);
  if (!exists(authoritiesFile)) return;
  const std::string all = "/etc/openfc/authorities.pem";
  makeStagedFile(all, readFile(authoritiesFile) + '\n' + trusted, 0444);
  showTree(staged(all), authoritiesFile);
}

void makeDevices() {
  // A mount of its own: the only one of the tree in which device nodes work.
  attachTree(newTmpfs("64k").get(), staged("/dev").c_str());
  for (const Device& device : devices) {
    const std::string path = staged(device.path);
    check(::mknod(path.c_str(), S_IFCHR | 0666, makedev(1, device.minor)),
          std::string("make ") + device.path);
    check(::chmod(path.c_str(), 0666), std::string("set the mode of ") + device.path);
  }
  makeStagedDirectory("/dev/shm", 01777);
}

void makeReadOnly(const Defences& defences) {
  Attributes all;
  if (defences.on(Defence::mountReadonly)) all.set |= MOUNT_ATTR_RDONLY;
  if (defences.on(Defence::nosuid)) all.set |= MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  changeMount(AT_FDCWD, "/", all, Depth::recursive);
  if (defences.on(Defence::nosuid)) {
    changeMount(AT_FDCWD, "/dev", {.set = MOUNT_ATTR_NOEXEC, .clear = MOUNT_ATTR_NODEV},
                Depth::one);
  }
}

void fill(const RootTreeConfig& config) {
  for (const Directory& directory : directories)
    makeStagedDirectory(directory.path, directory.mode);
  showSystem();
  showEtc();
  writeEtc(config);
  showTrusted(config.trusted);
  makeDevices();
  for (const Link& link : links) {
    check(::symlink(link.target, staged(link.path).c_str()),
          std::string("make the link ") + link.path);
  }
  showTree(config.runtimes, "/var/fc/runtime");
}

}  // namespace

RootTree::RootTree(const RootTreeConfig& config, int home) {
  const std::string init = readFile(config.init);
  const std::string zygote = config.zygoteLibrary.empty() ? "" : readFile(config.zygoteLibrary);
  const std::string stat = withoutWork(readFile("/proc/stat"));
  const std::string cgroups =
      exists("/proc/cgroups") ? withoutCounts(readFile("/proc/cgroups")) : "";
  check(::unshare(CLONE_NEWNS), "make a mount namespace for the sandboxes' root");
  namespace_ = Fd(static_cast<int>(
      check(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC), "open the mount namespace")));
  {
    // Whatever happens, go home.
    struct Home {
      int fd;
      ~Home() {
        if (::setns(fd, CLONE_NEWNS) != 0) std::abort();
      }
    } const way{home};
    check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "make all mounts private");
    attachTree(newTmpfs("16m").get(), stage.c_str());
    fill(config);
    makeStagedFile(initPath, init, 0555);
    if (!zygote.empty()) makeStagedFile(zygoteLibraryPath, zygote, 0555);
    makeStagedFile(maskedFile, "", 0);
    makeStagedFile(stillStat, stat, 0444);
    makeStagedFile(stillCgroups, cgroups, 0444);
    check(::syscall(SYS_pivot_root, stage.c_str(), staged("/mnt").c_str()),
          "pivot into the sandboxes' root");
    check(::chdir("/"), "enter the sandboxes' root");
    if (config.defences.on(Defence::hostRoot))
      check(::umount2("/mnt", MNT_DETACH), "detach the host's root");
    makeReadOnly(config.defences);
  }
}

}  // namespace openfc::sandbox::launcher
