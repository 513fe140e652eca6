#include "base/check.h"
#include "sandbox/launcher/files.h"
#include "sandbox/sandbox_world_test.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <string_view>

namespace openfc::sandbox {
namespace {

using CrashTest = SandboxTest;

/// Processes whose command line holds `mark`.
std::size_t processesWith(const std::string& mark) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    try {
      if (launcher::readFile(entry.path().string() + "/cmdline").find(mark) != std::string::npos)
        ++count;
    } catch (const std::exception&) {
      continue;  // no process, or one that has ended
    }
  }
  return count;
}

std::string markOf(const std::string& scope) {
  return "7777" + std::to_string(std::hash<std::string>()(scope) % 100'000);
}

TEST_F(CrashTest, EndingTheClientLeavesNothing) {
  const auto sandbox = create();
  const std::string mark = markOf(scope_);
  sandbox->start({"/bin/sleep", mark}, {}, "/");
  ASSERT_TRUE(eventually([&] { return processesWith(mark) == 1; }));
  ASSERT_FALSE(groups().empty());

  stopLauncher();

  EXPECT_EQ(processesWith(mark), 0u);
  EXPECT_TRUE(groups().empty());
}

TEST_F(CrashTest, SigkillOfTheLaunchersParentLeavesNothing) {
  const std::string mark = markOf(scope_);
  const pid_t server = ::fork();
  if (server == 0) {
    const auto sandbox = create();
    sandbox->start({"/bin/sleep", mark}, {}, "/");
    for (;;) ::pause();
  }
  ASSERT_TRUE(eventually([&] { return processesWith(mark) == 1; }));

  ::kill(server, SIGKILL);
  ::waitpid(server, nullptr, 0);

  EXPECT_TRUE(eventually([&] { return processesWith(mark) == 0 && groups().empty(); }));
}

TEST_F(CrashTest, SigkillOfTheLauncherEndsSandboxesAndTheNextOneSweeps) {
  const std::string mark = markOf(scope_);
  const auto sandbox = create();
  sandbox->start({"/bin/sh", "-c", "sleep " + mark + " & sleep " + mark}, {"PATH=/usr/bin:/bin"},
                 "/");
  ASSERT_TRUE(eventually([&] { return processesWith(mark) == 3; }));

  ::kill(client_->process(), SIGKILL);
  const Exit exit = tellEnd(*sandbox).exit;

  EXPECT_EQ(WTERMSIG(exit.status), SIGKILL);
  EXPECT_FALSE(client_->healthy());
  EXPECT_TRUE(eventually([&] { return processesWith(mark) == 0; }));
  EXPECT_FALSE(groups().empty());
  stopLauncher();
  startLauncher();
  stopLauncher();
  EXPECT_TRUE(groups().empty());
}

/// The sandboxes' inits, as the host sees them.
std::vector<pid_t> initsOf(pid_t launcher) {
  std::istringstream text(
      launcher::readFile(fmt::format("/proc/{}/task/{}/children", launcher, launcher)));
  std::vector<pid_t> inits;
  for (pid_t child = 0; text >> child;) {
    if (launcher::readFile(fmt::format("/proc/{}/comm", child)) == "init\n") inits.push_back(child);
  }
  return inits;
}

// Processes that do not die of SIGKILL: a tracer holds them at their exit.
TEST_F(CrashTest, AllSandboxesThatDoNotEndShareOneDeadline) {
  const auto first = create();
  const auto second = create();
  const auto third = create();
  const auto inits = initsOf(client_->process());
  ASSERT_GE(inits.size(), 3u);
  for (const pid_t init : inits) {
    if (::ptrace(PTRACE_SEIZE, init, nullptr, PTRACE_O_TRACEEXIT) != 0)
      GTEST_SKIP() << "needs ptrace";
  }
  const auto before = std::chrono::steady_clock::now();

  stopLauncher();

  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(9));
  for (const pid_t init : inits) ::ptrace(PTRACE_DETACH, init, nullptr, nullptr);
  for (const pid_t init : inits) ::waitpid(init, nullptr, __WALL);
}

TEST_F(CrashTest, AskingADeadLauncherFails) {
  startLauncher();
  ::kill(client_->process(), SIGKILL);

  EXPECT_THROW(create(), std::runtime_error);
}

/// Why the launcher does not start where control groups are not mounted; "" = it does.
std::string refusalWithoutGroups(const launcher::StartOptions& options) {
  check(::unshare(CLONE_NEWNS), "make a mount namespace");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "keep mounts to ourselves");
  check(::umount2("/sys/fs/cgroup", MNT_DETACH), "unmount the control groups");
  try {
    const launcher::Connection connection = launcher::start(options);
    return "";
  } catch (const std::runtime_error& failure) {
    return failure.what();
  }
}

TEST_F(CrashTest, WithoutControlGroupsTheLauncherStartsOnlyWhenAllowed) {
  struct Case {
    bool allowed;
    std::string_view answer;
  };
  for (const Case& row : {Case{false, "allowWithoutLimits"}, Case{true, ""}}) {
    auto options = this->options();
    options.withoutLimits = row.allowed;
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string refusal = refusalWithoutGroups(options);
      ::_exit(refusal.empty() == row.allowed && refusal.find(row.answer) != std::string::npos ? 0
                                                                                              : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);

    EXPECT_EQ(status, 0) << row.allowed;
  }
}

TEST_F(CrashTest, ALauncherThatCannotStartSaysWhy) {
  auto broken = options();
  broken.runtimes = directory_.path() + "/nowhere";

  try {
    launcher::start(broken);
    FAIL() << "it started";
  } catch (const std::runtime_error& failure) {
    EXPECT_NE(std::string(failure.what()).find("nowhere"), std::string::npos) << failure.what();
  }
  EXPECT_TRUE(groups().empty());
}

}  // namespace
}  // namespace openfc::sandbox
