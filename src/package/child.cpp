#include "package/child.h"

#include "base/check.h"
#include "base/fd.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <optional>

namespace openfc::package {
namespace {

void limit(__rlimit_resource resource, std::uint64_t value) {
  const rlimit both = {value, value};
  setrlimit(resource, &both);
}

/// Between fork and exec: only what is safe in the copy of a program with threads.
[[noreturn]] void become(char* const* arguments, char* const* environment,
                         const ChildLimits& limits) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDWR);
  if (null == -1) _exit(127);
  for (int fd = 0; fd < 3; ++fd) dup2(null, fd);
  syscall(SYS_close_range, 3, ~0u, 0);
  if (chdir("/") != 0) _exit(127);
  umask(022);
  limit(RLIMIT_CPU, limits.cpuSeconds);
  limit(RLIMIT_AS, limits.memory);
  limit(RLIMIT_FSIZE, limits.fileSize);
  limit(RLIMIT_CORE, 0);
  execve(arguments[0], arguments, environment);
  _exit(127);
}

/// Waits for the end of the process behind `pidfd` until `deadline`.
bool endsBefore(int pidfd, SteadyTime deadline) {
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd wait = {pidfd, POLLIN, 0};
    const int ready = poll(&wait, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready == -1 && errno != EINTR) check(-1, "wait for a child");
  }
}

}  // namespace

ChildEnd runChild(const std::vector<std::string>& arguments, const ChildLimits& limits,
                  const std::stop_token& stop) {
  std::vector<std::string> texts = arguments;
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  std::array<char*, 1> environment = {nullptr};

  const SteadyTime deadline = std::chrono::steady_clock::now() + limits.time;
  const auto child = static_cast<pid_t>(check(fork(), "fork for " + arguments.front()));
  if (child == 0) become(pointers.data(), environment.data(), limits);
  // Nobody has waited for it yet, so its number is its own.
  std::optional<std::stop_callback<std::function<void()>>> killer(std::in_place, stop, [child] {
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
  });
  const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  const bool inTime = pidfd && endsBefore(pidfd.get(), deadline);
  if (!inTime) {
    kill(-child, SIGKILL);
    kill(child, SIGKILL);
  }
  killer.reset();
  int status = 0;
  while (waitpid(child, &status, 0) == -1 && errno == EINTR) continue;
  if (!inTime) return ChildEnd::outOfTime;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ChildEnd::succeeded : ChildEnd::failed;
}

}  // namespace openfc::package
