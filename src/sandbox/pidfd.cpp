#include "sandbox/pidfd.h"

#include "base/check.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace openfc::sandbox {
namespace {

constexpr int longestEnd = 5000;  // milliseconds

}  // namespace

// By number: glibc 2.36 declares these functions for C only.
Fd pidfdOf(pid_t process) {
  return Fd(static_cast<int>(
      check(::syscall(SYS_pidfd_open, process, 0), "open a descriptor of a process")));
}

Fd descriptorOf(int pidfd, int descriptor) {
  return Fd(static_cast<int>(
      check(::syscall(SYS_pidfd_getfd, pidfd, descriptor, 0), "copy a descriptor of a process")));
}

bool signalPidfd(int pidfd, int signal) {
  return ::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0;
}

void endChild(int pidfd) {
  signalPidfd(pidfd, SIGKILL);
  pollfd ended{pidfd, POLLIN, 0};
  ::poll(&ended, 1, longestEnd);
  siginfo_t info{};
  ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
}

}  // namespace openfc::sandbox
