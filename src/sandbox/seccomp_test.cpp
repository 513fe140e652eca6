#include "sandbox/launcher/seccomp.h"

#include "base/call_filter.h"
#include "sandbox/sandbox_world_test.h"

#include <seccomp.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace openfc::sandbox {
namespace {

TEST(Seccomp, EveryRowHasAReasonAndStandsOnce) {
  std::set<std::string_view> names;
  for (const auto& row : launcher::allowedSyscalls()) {
    EXPECT_FALSE(row.reason.empty()) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " stands twice";
  }
  for (const auto& row : launcher::conditionalSyscalls()) {
    EXPECT_FALSE(row.reason.empty()) << row.name;
    EXPECT_FALSE(names.contains(row.name)) << row.name << " is allowed without condition too";
  }
}

// The launcher's and the zygotes' filters are also those of all that they start.
TEST(Seccomp, NoProgramGivesUpWhatFunctionsMayCall) {
  const auto given = refusedCalls(Guarded::zygote);
  const auto isGiven = [&](std::string_view name) {
    const long number = seccomp_syscall_resolve_name(std::string(name).c_str());
    return std::ranges::find(given, number) != given.end();
  };

  for (const auto& row : launcher::allowedSyscalls()) EXPECT_FALSE(isGiven(row.name)) << row.name;
  for (const auto& row : launcher::conditionalSyscalls())
    EXPECT_FALSE(isGiven(row.name)) << row.name;
}

TEST(Seccomp, TheFilterFitsTheKernel) {
  const auto filter = launcher::makeSeccompFilter();

  EXPECT_GT(filter.size(), 50u);
  EXPECT_LT(filter.size(), 4096u);
}

/// A system call by name with its first arguments, and the error that a sandbox must see.
struct Refusal {
  const char* call;
  const char* arguments;
  int error;
};

class SeccompTest : public SandboxTest {
protected:
  /// "name errno" lines for all of them, from one sandbox.
  std::string errorsOf(const std::vector<Refusal>& refusals) {
    std::string text = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n";
    for (const Refusal& refusal : refusals) {
      const int number = seccomp_syscall_resolve_name(refusal.call);
      text += "r = libc.syscall(" + std::to_string(number) + ", " + refusal.arguments + ")\n";
      text += std::string("print('") + refusal.call + "', 0 if r >= 0 else ctypes.get_errno())\n";
    }
    const auto sandbox = create();
    return tell(*sandbox, {"/usr/bin/python3", "-S", "-c", text}).output;
  }
};

TEST_F(SeccompTest, WhatIsNotListedDoesNotExist) {
  constexpr int none = 38;  // ENOSYS
  const std::vector<Refusal> refusals{
      {"ptrace", "0, 0, 0, 0", none},
      {"mount", "0, 0, 0, 0, 0", none},
      {"umount2", "b'/tmp', 0", none},
      {"unshare", "0x10000000", none},
      {"setns", "3, 0", none},
      {"clone3", "0, 0", none},
      {"clone", "0x10000000 | 17, 0, 0, 0, 0", none},
      {"clone", "0x40000000 | 17, 0, 0, 0, 0", none},
      {"clone", "0x8000 | 17, 0, 0, 0, 0", none},  // CLONE_PARENT
      {"bpf", "0, 0, 0", none},
      {"keyctl", "0, 0, 0, 0, 0", none},
      {"add_key", "0, 0, 0, 0, 0", none},
      {"request_key", "0, 0, 0, 0", none},
      {"io_uring_setup", "1, 0", none},
      {"userfaultfd", "0", none},
      {"perf_event_open", "0, 0, 0, 0, 0", none},
      {"process_vm_readv", "1, 0, 0, 0, 0, 0", none},
      {"process_vm_writev", "1, 0, 0, 0, 0, 0", none},
      {"pidfd_getfd", "0, 0, 0", none},
      {"open_by_handle_at", "0, 0, 0", none},
      {"name_to_handle_at", "0, 0, 0, 0, 0", none},
      {"open_tree", "0, b'/', 1", none},
      {"move_mount", "0, 0, 0, 0, 0", none},
      {"fsopen", "b'tmpfs', 0", none},
      {"pivot_root", "b'/', b'/'", none},
      {"chroot", "b'/tmp'", none},
      {"kexec_load", "0, 0, 0, 0", none},
      {"init_module", "0, 0, 0", none},
      {"reboot", "0, 0, 0, 0", none},
      {"syslog", "3, 0, 0", none},
      {"swapon", "0, 0", none},
      {"socket", "17, 3, 0", none},     // AF_PACKET
      {"socket", "38, 5, 0", none},     // AF_ALG
      {"socket", "40, 1, 0", none},     // AF_VSOCK
      {"socket", "16, 3, 9", none},     // AF_NETLINK, not of routes
      {"ioctl", "0, 0x5412, 0", none},  // TIOCSTI
      {"ioctl", "0, 0x100005412, 0", none},
      {"io_setup", "1, ctypes.byref(ctypes.c_ulong(0))", none},
      {"io_submit", "0, 0, 0", none},
      {"cachestat", "0, 0, 0, 0", none},
      {"inotify_add_watch", "libc.inotify_init(), b'/usr', 0x1", none},   // IN_ACCESS
      {"inotify_add_watch", "libc.inotify_init(), b'/usr', 0x10", none},  // IN_CLOSE_NOWRITE
      {"inotify_add_watch", "libc.inotify_init(), b'/usr', 0x20", none},  // IN_OPEN
      {"inotify_add_watch", "libc.inotify_init(), b'/tmp', 0x2ce", 0},    // changes
      // Programs for packets: SO_ATTACH_FILTER, _BPF, _REUSEPORT_CBPF, _REUSEPORT_EBPF.
      {"setsockopt", "3, 1, 26, 0, 0", ENOPROTOOPT},
      {"setsockopt", "3, 1, 50, 0, 0", ENOPROTOOPT},
      {"setsockopt", "3, 1, 51, 0, 0", ENOPROTOOPT},
      {"setsockopt", "3, 1, 52, 0, 0", ENOPROTOOPT},
      {"setsockopt", "3, ctypes.c_ulong(0x100000001), ctypes.c_ulong(0x10000001a), 0, 0",
       ENOPROTOOPT},
      {"setsockopt", "3, 1, 9, ctypes.byref(ctypes.c_int(1)), 4", 0},
      {"prctl", "22, 2, 0, 0, 0", EINVAL},  // PR_SET_SECCOMP; by itself: EFAULT
      {"socket", "1, 1, 0", 0},
      {"socket", "2, 1, 0", 0},
      {"socket", "16, 3, 0", 0},
  };
  std::string wanted;
  for (const Refusal& refusal : refusals)
    wanted += std::string(refusal.call) + " " + std::to_string(refusal.error) + "\n";

  EXPECT_EQ(errorsOf(refusals), wanted);
}

TEST_F(SeccompTest, TheFilterIsWhatRefuses) {
  startLauncher("seccomp");

  std::istringstream lines(errorsOf(
      {{"unshare", "0x10000000", 0}, {"bpf", "0, 0, 0", 0}, {"pidfd_getfd", "-1, 0, 0", 0}}));

  // The call exists without the filter; the kernel finds the arguments wrong or the user not
  // entitled.
  std::string call;
  std::vector<std::string> answered;
  for (int error = 0; lines >> call >> error; answered.push_back(call))
    EXPECT_NE(error, 38) << call;
  EXPECT_EQ(answered, (std::vector<std::string>{"unshare", "bpf", "pidfd_getfd"}));
}

TEST_F(SeccompTest, Interpreters) {
  const auto python = create();
  EXPECT_EQ(
      tell(
          *python,
          {"/usr/bin/python3", "-c",
           "import threading, subprocess, socket, ssl, multiprocessing, asyncio\n"
           "t = threading.Thread(target=lambda: print('thread', flush=True)); t.start(); t.join()\n"
           "print(subprocess.check_output(['echo', 'child']).decode(), end='', flush=True)\n"
           "q = multiprocessing.Queue(); q.put('queue'); print(q.get())\n"},
          {"PATH=/usr/bin:/bin"})
          .output,
      "thread\nchild\nqueue\n");
  if (!std::ifstream("/usr/bin/node")) GTEST_SKIP() << "needs node";
  const auto node = create();
  EXPECT_EQ(tell(*node,
                 {"/usr/bin/node", "-e",
                  "let s = 0; for (let i = 0; i < 1e7; i++) s += i % 7;"
                  "const {Worker} = require('worker_threads');"
                  "new Worker('console.log(\"worker\")', {eval: true}).on('exit', () => {"
                  "  require('http').createServer((q, r) => r.end('served')).listen(8000, "
                  "'127.0.0.1', () =>"
                  "    fetch('http://127.0.0.1:8000').then(r => r.text()).then(t => {"
                  "      console.log(t, require('os').userInfo().username.slice(0, 4)); "
                  "process.exit(0); }));"
                  "});"},
                 {"PATH=/usr/bin:/bin", "HOME=/tmp"})
                .output,
            "worker\nserved user\n");
}

TEST_F(SeccompTest, Java) {
  if (!std::ifstream("/usr/bin/java")) GTEST_SKIP() << "needs java";
  const auto sandbox = create();

  const auto told =
      tell(*sandbox, {"/usr/bin/java", "-version"}, {"PATH=/usr/bin:/bin", "HOME=/tmp"});

  EXPECT_EQ(told.exit.status, 0) << told.output;
  EXPECT_NE(told.output.find("Runtime Environment"), std::string::npos) << told.output;
}

}  // namespace
}  // namespace openfc::sandbox
