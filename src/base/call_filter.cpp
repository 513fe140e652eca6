#include "base/call_filter.h"

#include "base/check.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace openfc {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
constexpr std::uint32_t firstOfX32 = 0x40000000;
#else
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t firstOfX32 = 0xffffffff;  // there is no such thing
#endif

// From the narrowest to the widest; each program gives up a first part, the last one all.
constexpr long calls[] = {
    // Other processes' memory.
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)
    SYS_ptrace,  // by which the leak sanitizer stops the threads at the end
#endif
    // Wide interfaces of the kernel.
    SYS_bpf,
    SYS_perf_event_open,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_userfaultfd,
    SYS_fanotify_init,
    SYS_add_key,
    SYS_request_key,
    SYS_keyctl,
    SYS_open_by_handle_at,

    SYS_migrate_pages,
    SYS_move_pages,
    // The machine.
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_syslog,
    SYS_vhangup,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
#if defined(__x86_64__)
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
#endif
    // Mounts and names. The launcher needs what follows.
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_open_tree,
    SYS_move_mount,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_quotactl,
    SYS_pidfd_getfd,
    // Namespaces. The zygote needs it.
    SYS_setns,
    // Programs. The server starts some.
    SYS_execve,
    SYS_execveat,
    SYS_clone,
    SYS_clone3,
#if defined(__x86_64__)
    SYS_fork,
    SYS_vfork,
#endif
};

/// The first call of the list that the program keeps.
long firstKept(Guarded program) {
  switch (program) {
    case Guarded::launcher:
      return SYS_mount;
    case Guarded::zygote:
      return SYS_setns;
    case Guarded::server:
      return SYS_execve;
    case Guarded::resolver:
      break;
  }
  return -1;
}

}  // namespace

std::span<const long> refusedCalls(Guarded program) {
  const auto* end = std::ranges::find(calls, firstKept(program));
  return {std::begin(calls), end};
}

std::vector<sock_filter> refusalFilter(Guarded program) {
  constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
  std::vector<sock_filter> filter{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, refuse),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, firstOfX32, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, refuse),
  };
  for (const long call : refusedCalls(program)) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, refuse));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  return filter;
}

void giveUpCalls(Guarded program) {
  std::vector<sock_filter> filter = refusalFilter(program);
  const sock_fprog loaded{static_cast<unsigned short>(filter.size()), filter.data()};
  // Our own programs need no slower speculation; what they start for others has filters of its own.
  constexpr unsigned flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  const long result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &loaded);
  // A positive result is a thread that has a filter of its own.
  if (result > 0) throw SystemError(EBUSY, "load the program's seccomp filter into all threads");
  check(result, "load the program's seccomp filter");
}

}  // namespace openfc
