#include "base/check.h"
#include "sandbox/launcher/files.h"
#include "sandbox/sandbox_world_test.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

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

TEST_F(CrashTest, AskingADeadLauncherFails) {
  startLauncher();
  ::kill(client_->process(), SIGKILL);

  EXPECT_THROW(create(), std::runtime_error);
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
