#include "sandbox/launcher/files.h"
#include "sandbox/sandbox_world_test.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>

namespace openfc::sandbox {
namespace {

using LimitsTest = SandboxTest;

constexpr const char* python = "/usr/bin/python3";

TEST_F(LimitsTest, TooMuchMemoryEndsTheSandboxAndIsTold) {
  const auto sandbox = create();
  adopt(*sandbox, {.memory = 64u << 20});

  const auto told = tell(*sandbox, {python, "-c", "x = bytearray(200 << 20); print('here')"});

  EXPECT_TRUE(told.exit.oom);
  EXPECT_EQ(told.output, "");
}

/// The text of one of these files in the first group that has one; "" = none has.
std::string inGroups(const std::vector<std::string>& groups,
                     const std::vector<std::string>& files) {
  for (const std::string& group : groups) {
    for (const std::string& file : files) {
      const std::string path = group + "/" + file;
      if (launcher::exists(path)) return launcher::readFile(path);
    }
  }
  return "";
}

TEST_F(LimitsTest, AllSandboxesTogetherAreLimited) {
  memory_ = 400u << 20;
  const auto sandbox = create();

  const std::string memory = inGroups(groups(), {"memory.max", "memory.limit_in_bytes"});
  const std::string processes = inGroups(groups(), {"pids.max"});

  EXPECT_EQ(memory, std::to_string(656u << 20) + "\n");
  EXPECT_GT(std::stoul(processes), 1024u);
}

// The group of all is full before the sandbox's own limit is reached.
TEST_F(LimitsTest, WhoIsKilledForAllIsOne) {
  memory_ = 64u << 20;
  const auto bystander = create();
  bystander->start({"/bin/sleep", "1000"}, {}, "/");
  const auto sandbox = create();
  adopt(*sandbox, {.memory = 3u << 30});

  const auto told = tell(*sandbox, {python, "-c", "x = bytearray(1 << 30); print('here')"});

  EXPECT_EQ(told.output, "");
  EXPECT_NE(told.exit.status, 0);
  EXPECT_EQ(script("echo alive").output, "alive\n");
  bystander->kill();
  EXPECT_FALSE(tellEnd(*bystander).exit.oom);
}

TEST_F(LimitsTest, ProcessesFollowMemory) {
  const auto sandbox = create();
  adopt(*sandbox, {.memory = 128u << 20});

  const auto told = tell(*sandbox,
                         {"/bin/sh", "-c",
                          "i=0; while [ $i -lt 300 ]; do sleep 100 & i=$((i+1)); done 2>&1 | "
                          "head -1"},
                         {"PATH=/usr/bin:/bin"});

  EXPECT_NE(told.output.find("fork"), std::string::npos) << told.output;
}

TEST_F(LimitsTest, AChildThatIsOutOfMemoryTakesTheWholeGroup) {
  const auto sandbox = create();
  adopt(*sandbox, {.memory = 64u << 20});

  const auto told =
      tell(*sandbox, {"/bin/sh", "-c", "python3 -c 'x = bytearray(200 << 20)'; sleep 1000"},
           {"PATH=/usr/bin:/bin"});

  EXPECT_TRUE(told.exit.oom);
}

TEST_F(LimitsTest, PeakFollowsAllocationAndCanBeReset) {
  const auto sandbox = create();
  adopt(*sandbox, {.memory = 256u << 20});
  sandbox->start(
      {python, "-S", "-c",
       "import os\nx = bytearray(100 << 20)\nx = None\nprint('done', flush=True)\nos.read(3, 1)"},
      {}, "/");
  const Fd output = sandbox->takeOutput();
  pollfd readable{output.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&readable, 1, 10'000), 1);

  const std::uint64_t peak = sandbox->peakMemory();
  sandbox->resetPeak();

  EXPECT_GE(peak, 100u << 20);
  EXPECT_LT(sandbox->peakMemory(), 50u << 20);
  EXPECT_LT(sandbox->memory(), 50u << 20);
}

TEST_F(LimitsTest, ThePeakCanBeReadAfterTheEnd) {
  const auto sandbox = create();
  adopt(*sandbox, {.memory = 256u << 20});

  tell(*sandbox, {python, "-S", "-c", "x = bytearray(50 << 20)"});
  for (int i = 0; i < 3; ++i) script("true");  // the launcher has had time to clear away

  EXPECT_GE(sandbox->peakMemory(), 50u << 20);
}

TEST_F(LimitsTest, AGroupGoesOnceItsSandboxIsDestroyed) {
  auto sandbox = create();
  tell(*sandbox, {"/bin/true"});
  // Of sandboxes: those that have ended, and for a moment those that are being built.
  const auto emptyGroups = [this] {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(groups().front())) {
      if (!entry.is_directory() || !entry.path().filename().string().starts_with("s")) continue;
      count += launcher::textOf(entry.path().string() + "/cgroup.procs").empty() ? 1 : 0;
    }
    return count;
  };
  const std::size_t before = emptyGroups();

  sandbox.reset();

  EXPECT_GE(before, 1u);
  EXPECT_TRUE(eventually([&] { return emptyGroups() == 0; }));
}

/// Reads what is there, without waiting.
std::size_t drained(int pipe) {
  std::array<char, 65536> buffer;
  std::size_t all = 0;
  for (ssize_t size = 1; size > 0; all += static_cast<std::size_t>(std::max<ssize_t>(size, 0))) {
    size = ::read(pipe, buffer.data(), buffer.size());
  }
  return all;
}

TEST_F(LimitsTest, FreezingStopsACounterAndThawingLetsItGoOn) {
  const auto sandbox = create();
  sandbox->start({"/bin/sh", "-c", "while :; do echo x; done"}, {}, "/");
  const Fd output = sandbox->takeOutput();
  ASSERT_TRUE(eventually([&] { return drained(output.get()) > 0; }));

  sandbox->freeze();
  drained(output.get());
  pollfd more{output.get(), POLLIN, 0};
  const int whileFrozen = ::poll(&more, 1, 50);
  sandbox->thaw();

  EXPECT_EQ(whileFrozen, 0);
  EXPECT_TRUE(eventually([&] { return drained(output.get()) > 0; }));
}

TEST_F(LimitsTest, AFrozenSandboxCanBeKilled) {
  const auto sandbox = create();
  sandbox->start({"/bin/sleep", "1000"}, {}, "/");
  sandbox->freeze();

  sandbox->kill();

  EXPECT_EQ(WTERMSIG(tellEnd(*sandbox).exit.status), SIGKILL);
}

TEST_F(LimitsTest, NoMoreSandboxesThanUsers) {
  startLauncher();
  std::vector<std::unique_ptr<Sandbox>> all;
  all.reserve(64);
  for (int i = 0; i < 64; ++i) all.push_back(create());

  EXPECT_THROW(create(), std::runtime_error);
  all.clear();
  EXPECT_TRUE(eventually([this] {
    try {
      return create() != nullptr;
    } catch (const std::runtime_error&) {
      return false;
    }
  }));
}

}  // namespace
}  // namespace openfc::sandbox
