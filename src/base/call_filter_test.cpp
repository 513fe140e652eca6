#include "base/call_filter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>

namespace openfc {
namespace {

std::string nameOf(Guarded program) {
  constexpr const char* names[] = {"Launcher", "Zygote", "Server", "Resolver"};
  return names[static_cast<int>(program)];
}

class CallFilterTest : public testing::TestWithParam<Guarded> {};

/// 0: each of them fails with EPERM, and others work. Arguments that no call accepts.
int callAll(Guarded program) {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  giveUpCalls(program);
  for (const long number : refusedCalls(program)) {
    if (::syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) != -1 || errno != EPERM) return 1;
  }
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 && ::getppid() > 0 ? 0 : 2;
}

TEST_P(CallFilterTest, RefusesWhatItsProgramNeverCalls) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(callAll(GetParam()));
  int status = 0;
  ::waitpid(child, &status, 0);

  EXPECT_EQ(status, 0);
}

INSTANTIATE_TEST_SUITE_P(Of, CallFilterTest,
                         testing::Values(Guarded::launcher, Guarded::zygote, Guarded::server,
                                         Guarded::resolver),
                         [](const auto& info) { return nameOf(info.param); });

TEST(CallFilter, EachProgramKeepsWhatItNeeds) {
  const auto refuses = [](Guarded program, long call) {
    return std::ranges::find(refusedCalls(program), call) != refusedCalls(program).end();
  };

  EXPECT_FALSE(refuses(Guarded::launcher, SYS_mount));
  EXPECT_TRUE(refuses(Guarded::launcher, SYS_bpf));
  EXPECT_FALSE(refuses(Guarded::zygote, SYS_setns));
  EXPECT_TRUE(refuses(Guarded::zygote, SYS_mount));
  EXPECT_FALSE(refuses(Guarded::server, SYS_execve));
  EXPECT_TRUE(refuses(Guarded::server, SYS_setns));
  EXPECT_TRUE(refuses(Guarded::resolver, SYS_execve));
}

TEST(CallFilter, ReachesThreadsThatWereThere) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::atomic<bool> loaded = false;
    int error = 0;
    std::thread other([&] {
      loaded.wait(false);
      error = ::syscall(SYS_setns, -1, 0) == -1 ? errno : 0;
    });
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    giveUpCalls(Guarded::server);
    loaded = true;
    loaded.notify_one();
    other.join();
    ::_exit(error == EPERM ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);

  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace openfc
