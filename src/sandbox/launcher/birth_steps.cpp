#include "sandbox/launcher/birth_steps.h"

#include "sandbox/launcher/root_tree.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace openfc::sandbox::launcher {
namespace {

bool attempt(Labour& labour, long result, const char* step) {
  if (result != -1) return true;
  labour.step = step;
  labour.error = errno;
  return false;
}

const Defences& defencesOf(const Labour& labour) { return labour.plan->defences; }

bool joinGroups(Labour& labour) {
  for (const Fd& entrance : labour.plan->entrances) {
    if (!attempt(labour, ::write(entrance.get(), "0", 1), "join a control group")) return false;
  }
  // After joining, so that the group is the root of what the sandbox sees.
  return !defencesOf(labour).on(Defence::cgroupNamespace) ||
         attempt(labour, ::unshare(CLONE_NEWCGROUP), "make a cgroup namespace");
}

bool mountOwn(Labour& labour) {
  const unsigned long flags = defencesOf(labour).on(Defence::nosuid) ? MS_NOSUID | MS_NODEV : 0;
  return attempt(labour,
                 ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
                 "mount /proc") &&
         attempt(labour, ::mount("tmpfs", "/tmp", "tmpfs", flags, labour.plan->tmpOptions.c_str()),
                 "mount /tmp") &&
         attempt(labour,
                 ::mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                         "mode=1777,size=64m,nr_inodes=4096"),
                 "mount /dev/shm");
}

/// What of /proc is covered by something that cannot be opened.
constexpr const char* maskedFiles[] = {
    "/proc/kcore",         "/proc/keys",          "/proc/key-users",  "/proc/kallsyms",
    "/proc/kmsg",          "/proc/modules",       "/proc/timer_list", "/proc/sched_debug",
    "/proc/sysrq-trigger", "/proc/latency_stats", "/proc/config.gz",  "/proc/cmdline",
    "/proc/slabinfo",      "/proc/vmallocinfo",   "/proc/kpageflags", "/proc/kpagecount",
    "/proc/kpagecgroup",   "/proc/iomem",         "/proc/ioports",    "/proc/diskstats",
};
constexpr const char* maskedDirectories[] = {
    "/proc/acpi", "/proc/asound", "/proc/bus",  "/proc/driver",
    "/proc/fs",   "/proc/irq",    "/proc/scsi", "/proc/tty",
};

bool maskOne(Labour& labour, const char* cover, const char* path) {
  const int result = ::mount(cover, path, nullptr, MS_BIND, nullptr);
  return (result != 0 && errno == ENOENT) || attempt(labour, result, "mask a part of /proc");
}

bool maskProc(Labour& labour) {
  if (!defencesOf(labour).on(Defence::procMask)) return true;
  for (const char* path : maskedFiles) {
    if (!maskOne(labour, maskedFile, path)) return false;
  }
  for (const char* path : maskedDirectories) {
    if (!maskOne(labour, emptyDirectory, path)) return false;
  }
  return attempt(labour, ::mount("/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr),
                 "bind /proc/sys") &&
         attempt(
             labour,
             ::mount(nullptr, "/proc/sys", nullptr,
                     MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
             "make /proc/sys read-only");
}

bool nameHost(Labour& labour) {
  static constexpr char name[] = "fc";
  return !defencesOf(labour).on(Defence::utsNamespace) ||
         attempt(labour, ::sethostname(name, sizeof(name) - 1), "set the host name");
}

bool bringLoopbackUp(Labour& labour) {
  if (!defencesOf(labour).on(Defence::netNamespace)) return true;
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (!attempt(labour, socket, "make a socket")) return false;
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = attempt(labour, ::ioctl(socket, SIOCSIFFLAGS, &request), "bring lo up");
  ::close(socket);
  return up;
}

bool setLimits(Labour& labour) {
  struct Limit {
    Defence defence;
    __rlimit_resource resource;
    rlim_t value;
  };
  const Limit limits[] = {
      {Defence::nofileLimit, RLIMIT_NOFILE, labour.plan->files},
      {Defence::coreLimit, RLIMIT_CORE, 0},
      {Defence::memoryLimit, RLIMIT_MEMLOCK, 64 << 10},
  };
  for (const Limit& limit : limits) {
    if (!defencesOf(labour).on(limit.defence)) continue;
    const rlimit value{limit.value, limit.value};
    if (!attempt(labour, ::setrlimit(limit.resource, &value), "set a resource limit")) return false;
  }
  return true;
}

bool detachFromLauncher(Labour& labour) {
  ::umask(022);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // The system's first victim when it is out of memory is a function, not the server. The launcher,
  // whose memory this child still uses, is not changed by it.
  const int file = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (file >= 0) {
    const bool written = attempt(labour, ::write(file, "500", 3), "set the out-of-memory score");
    ::close(file);
    if (!written) return false;
  }
  return !defencesOf(labour).on(Defence::newSession) ||
         attempt(labour, ::setsid(), "make a session");
}

/// 0 … 3 become what init expects. The launcher's own are above 9, so none is overwritten before it
/// was copied.
bool placeDescriptors(Labour& labour) {
  const BirthPlan& plan = *labour.plan;
  constexpr int firstFree = 4;
  const std::array sources{plan.null, plan.output, plan.output, plan.control};
  for (int target = 0; target < firstFree; ++target) {
    if (!attempt(labour, ::dup2(sources[static_cast<std::size_t>(target)], target),
                 "place a descriptor"))
      return false;
  }
  if (defencesOf(labour).on(Defence::fdClosing)) {
    // All but the launcher's pidfd, which a later step asks; it closes itself at exec.
    const auto keep = static_cast<unsigned>(plan.launcher);
    return attempt(labour, ::close_range(firstFree, keep - 1, 0), "close descriptors") &&
           attempt(labour, ::close_range(keep + 1, ~0U, 0), "close descriptors");
  }
  for (int fd = firstFree; fd < 256; ++fd) ::fcntl(fd, F_SETFD, 0);
  return true;
}

bool forbidPrivileges(Labour& labour) {
  return !defencesOf(labour).on(Defence::noNewPrivs) ||
         attempt(labour, ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs");
}

bool loadFilter(Labour& labour) {
  if (!defencesOf(labour).on(Defence::seccomp)) return true;
  const auto filter = labour.plan->filter;
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           const_cast<sock_filter*>(filter.data())};
  return attempt(labour, ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program),
                 "load the seccomp filter");
}

bool dropBoundingSet(Labour& labour) {
  if (!defencesOf(labour).on(Defence::capabilities)) {
    return attempt(labour, ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities");
  }
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  // The kernel may know more of them than the headers do: EINVAL ends the list.
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;
       ++capability) {
  }
  return errno == EINVAL || attempt(labour, -1, "drop the capability bounding set");
}

// By system call: the C library's functions would tell other threads, and there are none that may
// be told.
bool becomeUser(Labour& labour) {
  const uid_t user = defencesOf(labour).on(Defence::uid) ? labour.plan->user : 0;
  return attempt(labour, ::syscall(SYS_setgroups, 0, nullptr), "leave all groups") &&
         attempt(labour, ::syscall(SYS_setresgid, user, user, user),
                 "become the sandbox's group") &&
         attempt(labour, ::syscall(SYS_setresuid, user, user, user), "become the sandbox's user");
}

bool setCapabilities(Labour& labour) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (defencesOf(labour).on(Defence::capabilities)) {
    return attempt(labour, ::syscall(SYS_capset, &header, sets.data()), "drop all capabilities");
  }
  if (!attempt(labour, ::syscall(SYS_capget, &header, sets.data()), "read capabilities"))
    return false;
  for (auto& set : sets) set.effective = set.inheritable = set.permitted;
  if (!attempt(labour, ::syscall(SYS_capset, &header, sets.data()), "keep capabilities"))
    return false;
  for (unsigned long capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
  }
  return true;
}

/// After the change of credentials, which would clear it.
bool dieWithLauncher(Labour& labour) {
  if (!defencesOf(labour).on(Defence::deathSignal)) return true;
  if (!attempt(labour, ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "set the parent-death signal"))
    return false;
  // The launcher may have died before the signal was set.
  pollfd launcher{labour.plan->launcher, POLLIN, 0};
  const int gone = ::poll(&launcher, 1, 0);
  errno = ESRCH;
  return attempt(labour, gone == 0 ? 0 : -1, "see the launcher alive");
}

bool execute(Labour& labour) {
  char name[] = "init";
  std::array<char*, 2> arguments{name, nullptr};
  std::array<char*, 1> environment{nullptr};
  return attempt(labour, ::execve(initPath, arguments.data(), environment.data()), "execute init");
}

using Step = bool (*)(Labour&);
constexpr Step steps[] = {
    joinGroups, mountOwn,           maskProc,         nameHost,         bringLoopbackUp,
    setLimits,  detachFromLauncher, placeDescriptors, forbidPrivileges, dropBoundingSet,
    loadFilter, becomeUser,         setCapabilities,  dieWithLauncher,  execute,
};

}  // namespace

int liveUntilInit(void* argument) {
  auto& labour = *static_cast<Labour*>(argument);
  for (const Step step : steps) {
    if (!step(labour)) break;
  }
  ::_exit(1);
}

}  // namespace openfc::sandbox::launcher
