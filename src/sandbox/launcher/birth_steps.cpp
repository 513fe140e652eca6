#include "sandbox/launcher/birth_steps.h"

#include "sandbox/function_score.h"
#include "sandbox/launcher/root_tree.h"
#include "sandbox/raw_syscall.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
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

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <span>
#include <type_traits>

namespace openfc::sandbox::launcher {
namespace {

/// False: the result is a negative error number.
bool attempt(Labour& labour, long result, const char* step) {
  if (result >= 0) return true;
  labour.error = static_cast<int>(-result);
  labour.step = step;
  return false;
}

/// rawCall with pointers as they are.
template <class... Arguments>
long call(long number, Arguments... arguments) {
  const auto toWord = [](auto value) {
    if constexpr (std::is_pointer_v<decltype(value)>) {
      return addressOf(static_cast<const void*>(value));
    } else if constexpr (std::is_null_pointer_v<decltype(value)>) {
      return Word{0};
    } else {
      return static_cast<Word>(value);
    }
  };
  return rawCall(number, toWord(arguments)...);
}

const Defences& defencesOf(const Labour& labour) { return labour.plan->defences; }

bool joinGroups(Labour& labour) {
  const Entrances& entrances = labour.plan->entrances;
  for (std::size_t i = 0; i < entrances.count; ++i) {
    if (!attempt(labour, call(SYS_write, entrances.files[i], "0", 1), "join a control group"))
      return false;
  }
  return true;
}

int namespacesOf(const Defences& defences) {
  struct Namespace {
    Defence defence;
    int flag;
  };
  static constexpr Namespace namespaces[] = {
      {Defence::mountNamespace, CLONE_NEWNS},
      {Defence::ipcNamespace, CLONE_NEWIPC},
      {Defence::utsNamespace, CLONE_NEWUTS},
      {Defence::netNamespace, CLONE_NEWNET},
      // After joining the group, so that the group is the root of what the sandbox sees.
      {Defence::cgroupNamespace, CLONE_NEWCGROUP},
  };
  int flags = 0;
  for (const Namespace& row : namespaces) {
    if (defences.on(row.defence)) flags |= row.flag;
  }
  return flags;
}

/// Here and not at clone, so that the launcher does not wait while the kernel builds them.
bool makeNamespaces(Labour& labour) {
  return attempt(labour, call(SYS_unshare, namespacesOf(defencesOf(labour))), "make namespaces");
}

bool joinNamespaces(Labour& labour) {
  const int flags = namespacesOf(defencesOf(labour));
  return flags == 0 ||
         attempt(labour, call(SYS_setns, labour.plan->sandbox, flags), "join the namespaces");
}

bool mountOwn(Labour& labour) {
  const unsigned long flags = defencesOf(labour).on(Defence::nosuid) ? MS_NOSUID | MS_NODEV : 0;
  return attempt(
             labour,
             call(SYS_mount, "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
             "mount /proc") &&
         attempt(labour, call(SYS_mount, "tmpfs", "/tmp", "tmpfs", flags, labour.plan->tmpOptions),
                 "mount /tmp") &&
         attempt(labour,
                 call(SYS_mount, "tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
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
    "/proc/interrupts",    "/proc/softirqs",      "/proc/schedstat",  "/proc/vmstat",
    "/proc/zoneinfo",      "/proc/buddyinfo",     "/proc/partitions", "/proc/swaps",
    "/proc/pagetypeinfo",
};
/// Below /proc/sys: how much of a table the whole machine uses.
constexpr const char* maskedCounts[] = {
    "/proc/sys/fs/file-nr",      "/proc/sys/fs/inode-nr", "/proc/sys/fs/inode-state",
    "/proc/sys/fs/dentry-state", "/proc/sys/fs/aio-nr",
};
constexpr const char* maskedDirectories[] = {
    "/proc/acpi", "/proc/asound", "/proc/bus", "/proc/driver",   "/proc/fs",
    "/proc/irq",  "/proc/scsi",   "/proc/tty", "/proc/pressure",
};

bool maskOne(Labour& labour, const char* cover, const char* path) {
  const long result = call(SYS_mount, cover, path, nullptr, MS_BIND, nullptr);
  return result == -ENOENT || attempt(labour, result, "mask a part of /proc");
}

bool maskProc(Labour& labour) {
  if (!defencesOf(labour).on(Defence::procMask)) return true;
  for (const char* path : maskedFiles) {
    if (!maskOne(labour, maskedFile, path)) return false;
  }
  // Programs count the processors in it; how busy these are is others' affair.
  if (!maskOne(labour, stillStat, "/proc/stat")) return false;
  // And which controllers there are; how many groups, is others' affair.
  if (!maskOne(labour, stillCgroups, "/proc/cgroups")) return false;
  for (const char* path : maskedDirectories) {
    if (!maskOne(labour, emptyDirectory, path)) return false;
  }
  const bool readOnly =
      attempt(labour, call(SYS_mount, "/proc/sys", "/proc/sys", nullptr, MS_BIND, nullptr),
              "bind /proc/sys") &&
      attempt(labour,
              call(SYS_mount, nullptr, "/proc/sys", nullptr,
                   MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
              "make /proc/sys read-only");
  if (!readOnly) return false;
  for (const char* path : maskedCounts) {
    if (!maskOne(labour, maskedFile, path)) return false;
  }
  return true;
}

bool nameHost(Labour& labour) {
  static constexpr char name[] = "fc";
  return !defencesOf(labour).on(Defence::utsNamespace) ||
         attempt(labour, call(SYS_sethostname, name, sizeof(name) - 1), "set the host name");
}

bool bringLoopbackUp(Labour& labour) {
  if (!defencesOf(labour).on(Defence::netNamespace)) return true;
  const long socket = call(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (!attempt(labour, socket, "make a socket")) return false;
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool up = attempt(labour, call(SYS_ioctl, socket, SIOCSIFFLAGS, &request), "bring lo up");
  call(SYS_close, socket);
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
    if (!attempt(labour, call(SYS_prlimit64, 0, limit.resource, &value, nullptr),
                 "set a resource limit"))
      return false;
  }
  return true;
}

/// The launcher's own may be fewer.
bool takeProcessors(Labour& labour) {
  const cpu_set_t* processors = labour.plan->processors;
  return processors == nullptr ||
         attempt(labour, call(SYS_sched_setaffinity, 0, sizeof(*processors), processors),
                 "take all processors");
}

bool detachFromLauncher(Labour& labour) {
  call(SYS_umask, 022);
  const std::uint64_t none = 0;
  call(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof(none));
  return !defencesOf(labour).on(Defence::newSession) ||
         attempt(labour, call(SYS_setsid), "make a session");
}

/// 0 … 3 become what the program expects. The sources are above 3, so none is overwritten before it
/// was copied.
bool placeDescriptors(Labour& labour) {
  const BirthPlan& plan = *labour.plan;
  constexpr int firstFree = 4;
  const std::array sources{plan.input < 0 ? plan.null : plan.input, plan.output,
                           plan.error < 0 ? plan.output : plan.error, plan.control};
  for (int target = 0; target < firstFree; ++target) {
    if (!attempt(labour, call(SYS_dup3, sources[static_cast<std::size_t>(target)], target, 0),
                 "place a descriptor"))
      return false;
  }
  if (defencesOf(labour).on(Defence::fdClosing)) {
    // At exec, because the launcher waits for that on one of them. All are close-on-exec anyway;
    // this is in case of one that is not.
    return attempt(labour, call(SYS_close_range, firstFree, ~0U, CLOSE_RANGE_CLOEXEC),
                   "close descriptors");
  }
  for (int fd = firstFree; fd < 256; ++fd) {
    if (fd != labour.signOfLife) call(SYS_fcntl, fd, F_SETFD, 0);
  }
  return true;
}

/// After it has become the first of its session, which has no terminal.
bool takeTerminal(Labour& labour) {
  return !labour.plan->terminal ||
         attempt(labour, call(SYS_ioctl, 0, TIOCSCTTY, 0), "take the terminal");
}

bool forbidPrivileges(Labour& labour) {
  return !defencesOf(labour).on(Defence::noNewPrivs) ||
         attempt(labour, call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs");
}

bool loadFilter(Labour& labour) {
  if (!defencesOf(labour).on(Defence::seccomp)) return true;
  const auto filter = labour.plan->filter;
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           const_cast<sock_filter*>(filter.data())};
  return attempt(labour, call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program),
                 "load the seccomp filter");
}

bool dropBoundingSet(Labour& labour) {
  if (!defencesOf(labour).on(Defence::capabilities)) {
    return attempt(labour, call(SYS_prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities");
  }
  call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  // The kernel may know more of them than the headers do: EINVAL ends the list.
  long result = 0;
  for (unsigned long capability = 0; result == 0; ++capability) {
    result = call(SYS_prctl, PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  return result == -EINVAL || attempt(labour, result, "drop the capability bounding set");
}

// By system call: the C library's functions would tell other threads, and there are none that may
// be told.
bool becomeUser(Labour& labour) {
  const uid_t user = defencesOf(labour).on(Defence::uid) ? labour.plan->user : 0;
  return attempt(labour, call(SYS_setgroups, 0, nullptr), "leave all groups") &&
         attempt(labour, call(SYS_setresgid, user, user, user), "become the sandbox's group") &&
         attempt(labour, call(SYS_setresuid, user, user, user), "become the sandbox's user");
}

bool setCapabilities(Labour& labour) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (defencesOf(labour).on(Defence::capabilities)) {
    return attempt(labour, call(SYS_capset, &header, sets.data()), "drop all capabilities");
  }
  if (!attempt(labour, call(SYS_capget, &header, sets.data()), "read capabilities")) return false;
  for (auto& set : sets) set.effective = set.inheritable = set.permitted;
  if (!attempt(labour, call(SYS_capset, &header, sets.data()), "keep capabilities")) return false;
  for (unsigned long capability = 0; capability <= CAP_LAST_CAP; ++capability) {
    call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0);
  }
  return true;
}

/// After the change of credentials, which would clear it.
bool dieWithLauncher(Labour& labour) {
  if (!defencesOf(labour).on(Defence::deathSignal)) return true;
  if (!attempt(labour, call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0),
               "set the parent-death signal"))
    return false;
  // The launcher may have died before the signal was set.
  pollfd launcher{labour.plan->launcher, POLLIN, 0};
  const timespec noWait{};
  const long gone = call(SYS_ppoll, &launcher, 1, &noWait, nullptr, 0);
  return attempt(labour, gone == 0 ? 0 : -ESRCH, "see the launcher alive");
}

bool execute(Labour& labour) {
  const BirthPlan& plan = *labour.plan;
  return attempt(labour, call(SYS_execve, plan.program, plan.arguments, plan.environment),
                 "execute the program");
}

/// While it has CAP_SYS_RESOURCE: what is written with it is the least that the process may ever go
/// back to. Only of a process with memory of its own: others that share it would get the same.
bool takeScore(Labour&) {
  const long score = call(SYS_openat, AT_FDCWD, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score < 0) return true;  // it goes on without
  call(SYS_write, score, functionScore, sizeof(functionScore) - 1);
  call(SYS_close, score);
  return true;
}

using Step = bool (*)(Labour&);
constexpr Step stepsOfInit[] = {
    joinGroups,       makeNamespaces,  mountOwn,           maskProc,         nameHost,
    bringLoopbackUp,  setLimits,       detachFromLauncher, placeDescriptors, takeProcessors,
    forbidPrivileges, dropBoundingSet, loadFilter,         becomeUser,       setCapabilities,
    dieWithLauncher,  execute,
};
constexpr Step stepsOfZygote[] = {
    joinGroups, detachFromLauncher, placeDescriptors, dieWithLauncher, loadFilter, execute,
};
/// The namespaces have their mounts, name and network, and die with init, as init does with the
/// launcher.
constexpr Step stepsInSandbox[] = {
    joinGroups,       joinNamespaces,  takeScore,  setLimits,  detachFromLauncher, placeDescriptors,
    forbidPrivileges, dropBoundingSet, loadFilter, becomeUser, setCapabilities,
};

/// The same for a program of its own.
constexpr Step stepsOfVisitor[] = {
    joinGroups,       joinNamespaces, takeScore,       setLimits,        detachFromLauncher,
    placeDescriptors, takeTerminal,   takeProcessors,  forbidPrivileges, dropBoundingSet,
    loadFilter,       becomeUser,     setCapabilities, execute,
};

bool walk(std::span<const Step> steps, Labour& labour) {
  for (const Step step : steps) {
    if (!step(labour)) return false;
  }
  return true;
}

[[noreturn]] void liveAndEnd(std::span<const Step> steps, void* labour) {
  walk(steps, *static_cast<Labour*>(labour));
  for (;;) call(SYS_exit_group, 1);
}

}  // namespace

int liveUntilInit(void* labour) { liveAndEnd(stepsOfInit, labour); }

int liveUntilZygote(void* labour) { liveAndEnd(stepsOfZygote, labour); }

int liveAsVisitor(void* labour) { liveAndEnd(stepsOfVisitor, labour); }

bool liveInSandbox(Labour& labour) { return walk(stepsInSandbox, labour); }

}  // namespace openfc::sandbox::launcher
