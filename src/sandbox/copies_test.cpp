#include "sandbox/launcher/files.h"
#include "sandbox/launcher/processors.h"
#include "sandbox/sandbox_world_test.h"
#include "sandbox/start_message.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace openfc::sandbox {
namespace {

/// Programs that come as copies of a zygote.
using CopiesTest = SandboxTest;

/// "" when there is no such file: a process may end, and a group go, at any moment.
std::string textOf(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> childrenOf(pid_t launcher) {
  std::istringstream text(textOf("/proc/" + std::to_string(launcher) + "/task/" +
                                 std::to_string(launcher) + "/children"));
  std::vector<std::string> children;
  for (std::string child; text >> child;) children.push_back(child);
  return children;
}

/// The launcher's zygotes.
std::vector<pid_t> zygotesOf(pid_t launcher) {
  std::vector<pid_t> found;
  for (const std::string& child : childrenOf(launcher)) {
    if (textOf("/proc/" + child + "/cgroup").find("/z0-") != std::string::npos)
      found.push_back(std::stoi(child));
  }
  return found;
}

/// Children that have ended and were not reaped.
std::ptrdiff_t zombiesOf(pid_t launcher) {
  return std::ranges::count_if(childrenOf(launcher), [](const std::string& child) {
    return textOf("/proc/" + child + "/stat").find(") Z ") != std::string::npos;
  });
}

/// The processes of the one sandbox of this hierarchy that has two.
std::vector<std::string> processesOfTwo(const std::string& hierarchy) {
  for (const auto& entry : std::filesystem::directory_iterator(hierarchy)) {
    if (!entry.is_directory()) continue;
    std::istringstream text(textOf(entry.path().string() + "/cgroup.procs"));
    std::vector<std::string> processes;
    for (std::string process; std::getline(text, process);) processes.push_back(process);
    if (processes.size() == 2) return processes;
  }
  return {};
}

std::string namespaceOf(const std::string& process, const std::string& name) {
  return std::filesystem::read_symlink("/proc/" + process + "/ns/" + name).string();
}

TEST_F(CopiesTest, SayWhatTheyAreTold) {
  const auto told = inCopy("print('hello'); sys.exit(7)");

  EXPECT_EQ(told.output, "hello\n");
  EXPECT_EQ(told.exit.status, 7 << 8);
  EXPECT_FALSE(told.exit.oom);
}

TEST_F(CopiesTest, HaveFourDescriptors) {
  const auto told = inCopy(
      "for fd in range(1024):\n"
      "  try: print(fd, oct(os.fstat(fd).st_mode), end=' ')\n"
      "  except OSError: pass\n");

  EXPECT_EQ(told.output, "0 0o20666 1 0o10600 2 0o10600 3 0o140777 ");
}

TEST_F(CopiesTest, AreWhatAnExecutedProgramIsInTheirOwnEyes) {
  const std::string look =
      "import os, sys, signal, resource\n"
      "lines = open('/proc/self/status').read().split('\\n')\n"
      "for line in lines:\n"
      "  if line.split(':')[0] in ('Umask', 'TracerPid', 'Groups', 'NSpid', 'NStgid',\n"
      "      'Threads', 'SigPnd', 'ShdPnd', 'SigBlk', 'SigIgn', 'SigCgt', 'CapInh',\n"
      "      'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp'): print(line)\n"
      "print(os.getpid(), os.getcwd(), os.readlink('/proc/self/exe'), os.umask(0))\n"
      "print(os.stat('/proc/self/environ').st_uid == os.getuid() == os.geteuid() >= 950000000)\n"
      "print(os.getgid() == os.getegid() == os.getuid(), os.getgroups())\n"
      "print([resource.getrlimit(n) for n in range(16)])\n"
      "print(open('/proc/self/oom_score_adj').read(), open('/proc/self/cgroup').read())\n"
      "print(open('/proc/self/comm').read(), sys.flags, sys.argv, sys.path, sorted(sys.modules))\n"
      "print(os.listdir('/tmp'), open('/proc/sys/kernel/hostname').read())\n"
      "print(open('/proc/self/mounts').read())\n"
      "print('PRELOAD' in open('/proc/self/environ').read(), 'ZYGOTE' in\n"
      "      open('/proc/self/environ').read(), dict(os.environ))\n"
      "print(signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGPIPE))\n";
  const auto first = create();
  const auto second = create();

  ASSERT_TRUE(copy(*first, look));
  const std::string copied = tellEnd(*first).output;
  second->start({"/usr/bin/python3", "-S", "-c", "import os\nexec(os.read(3, 65536).decode())\n"},
                {"GREETING=hello"}, "/");
  const Fd control = second->takeControl();
  writeAll(control.get(), look);
  const std::string executed = tellEnd(*second).output;

  EXPECT_EQ(copied, executed);
}

TEST_F(CopiesTest, ShareTheNamespacesAndGroupsOfTheirInit) {
  const auto sandbox = create();

  ASSERT_TRUE(copy(*sandbox, "import time\ntime.sleep(1000)\n"));

  for (const std::string& group : groups()) {
    const auto both = processesOfTwo(group);
    ASSERT_EQ(both.size(), 2u) << group;
    for (const char* name : {"mnt", "net", "ipc", "uts", "cgroup", "pid"}) {
      EXPECT_EQ(namespaceOf(both[0], name), namespaceOf(both[1], name)) << name;
      EXPECT_NE(namespaceOf(both[0], name), namespaceOf(std::to_string(::getpid()), name)) << name;
    }
  }
}

TEST_F(CopiesTest, HaveMemoryOfTheirOwnCharged) {
  const auto sandbox = create();
  const auto before = sandbox->memory();

  ASSERT_TRUE(copy(*sandbox, "x = b'x' * 20_000_000\nos.read(3, 1)\n"));

  EXPECT_TRUE(eventually([&] { return sandbox->memory() > before + 20'000'000; }));
}

TEST_F(CopiesTest, WhatTheyUseIsTheirResidentSize) {
  const auto sandbox = create();
  ASSERT_TRUE(copy(*sandbox,
                   "os.read(3, 1)\n"
                   "lines = open('/proc/self/status').read().split('\\n')\n"
                   "print([line.split()[1] for line in lines if line.startswith('VmRSS')][0])\n"));
  adopt(*sandbox, {});
  const std::uint64_t used = sandbox->memory() + sandbox->sharedMemory();
  ASSERT_EQ(::write(control_.get(), "x", 1), 1);

  const std::uint64_t resident = std::stoull(tellEnd(*sandbox).output) * 1024;

  EXPECT_GT(sandbox->sharedMemory(), 0u);
  EXPECT_GT(used, resident / 10 * 6);
  EXPECT_LT(used, resident / 10 * 14);
}

TEST_F(CopiesTest, TellHowTheyEnded) {
  struct End {
    const char* python;
    int status;
  };
  for (const End& end :
       {End{"os._exit(3)", 3 << 8}, End{"os.kill(os.getpid(), 15)", 143 << 8},
        End{"os.abort()", 134 << 8}, End{"os.kill(os.getpid(), 9)", SIGKILL},
        End{"raise ValueError()", 1 << 8}, End{"os.fork()\nos._exit(2)", 2 << 8}}) {
    EXPECT_EQ(inCopy(end.python).exit.status, end.status) << end.python;
  }
}

TEST_F(CopiesTest, EndWithTheirGroup) {
  const auto sandbox = create();
  ASSERT_TRUE(copy(*sandbox, "import time\nif os.fork(): time.sleep(1000)\ntime.sleep(1000)\n"));

  sandbox->kill();

  EXPECT_EQ(tellEnd(*sandbox).exit.status, SIGKILL);
}

TEST_F(CopiesTest, TakeWhatTheyStartedWithThem) {
  const auto told = inCopy("import time\nif os.fork(): os._exit(0)\ntime.sleep(1000)\n");

  EXPECT_EQ(told.exit.status, 0);
}

TEST_F(CopiesTest, OrphansAreReapedByInit) {
  const auto told = inCopy(
      "import time\n"
      "for i in range(50):\n"
      "  child = os.fork()\n"
      "  if child == 0:\n"
      "    if os.fork() == 0: os._exit(0)\n"
      "    os._exit(0)\n"
      "  os.waitpid(child, 0)\n"
      "while len([name for name in os.listdir('/proc') if name.isdigit()]) > 2: time.sleep(0.001)\n"
      "print('clean')\n");

  EXPECT_EQ(told.output, "clean\n");
}

// In a copy, CLONE_PARENT makes children of the launcher. Unreaped, they keep init from ending.
TEST_F(CopiesTest, ChildrenThatTheyMadeTheLaunchersAreReaped) {
  startLauncher("seccomp");
  const auto told = inCopy(
      "import ctypes\n"
      "libc = ctypes.CDLL(None, use_errno=True)\n"
      "for i in range(20):\n"
      "  child = libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0)\n"
      "  if child == 0: os._exit(os.getppid())\n"
      "  if child < 0: print('not made')\n"
      "print('made', flush=True)\n");

  EXPECT_EQ(told.output, "made\n");
  EXPECT_EQ(told.exit.status, 0);
  EXPECT_TRUE(eventually([&] { return zombiesOf(client_->process()) == 0; }));
}

TEST_F(CopiesTest, AreKilledBeyondTheirMemory) {
  const auto sandbox = create();
  ASSERT_TRUE(copy(*sandbox,
                   "x = b'x' * 200_000_000\nos.read(3, 1)\n"
                   "y = b'x' * 200_000_000\n"));
  adopt(*sandbox, {.memory = 300u << 20});
  ASSERT_EQ(::write(control_.get(), "x", 1), 1);

  const Exit exit = tellEnd(*sandbox).exit;

  EXPECT_TRUE(exit.oom);
  EXPECT_EQ(exit.status, SIGKILL);
}

TEST_F(CopiesTest, AreAdoptedAfterwards) {
  const auto sandbox = create();
  ASSERT_TRUE(copy(*sandbox, "os.read(3, 1)\nprint(open('/code/x').read(), end='')\n"));

  adopt(*sandbox, {.code = package({{"x", "the code\n"}})});
  ASSERT_EQ(::write(control_.get(), "x", 1), 1);

  EXPECT_EQ(tellEnd(*sandbox).output, "the code\n");
}

// What is made ahead is made on half of them.
TEST_F(CopiesTest, MayUseAllProcessorsOnceAdopted) {
  cpu_set_t own;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(own), &own), 0);
  const int all = CPU_COUNT(&own);
  const std::string count = "print(len(os.sched_getaffinity(0)), flush=True)\n";
  const auto sandbox = create();
  ASSERT_TRUE(copy(*sandbox, count + "os.read(3, 1)\n" + count));

  adopt(*sandbox, {});
  ASSERT_EQ(::write(control_.get(), "x", 1), 1);

  EXPECT_TRUE(tellEnd(*sandbox).output.ends_with(std::to_string(all) + "\n"));
  EXPECT_EQ(script("nproc").output, std::to_string(all) + "\n");
}

TEST_F(CopiesTest, LeaveHalfOfTheProcessorsAloneUntilThen) {
  cpu_set_t own;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(own), &own), 0);
  const int all = CPU_COUNT(&own);

  const auto told = inCopy("print(len(os.sched_getaffinity(0)))\n");

  EXPECT_EQ(told.output, std::to_string(launcher::mayMoveOthers() ? all - all / 2 : all) + "\n");
}

TEST_F(CopiesTest, AreMadeOfKnownProgramsOnly) {
  const auto sandbox = create();

  EXPECT_FALSE(copy(*sandbox, "", {.argv = {"/usr/bin/python3"}, .environment = {}}));
  EXPECT_EQ(tell(*sandbox, {"/bin/echo", "executed"}).output, "executed\n");
}

TEST_F(CopiesTest, AreNotMadeInAUsedSandbox) {
  const auto adopted = create();
  adopt(*adopted, {});
  const auto used = create();
  ASSERT_TRUE(copy(*used, "os.read(3, 1)\n"));

  EXPECT_FALSE(copy(*adopted, ""));
  EXPECT_FALSE(copy(*used, ""));
}

TEST_F(CopiesTest, AnotherZygoteComesWhenOneDied) {
  ASSERT_EQ(inCopy("print('one')").output, "one\n");
  const auto before = zygotesOf(client_->process());
  ASSERT_EQ(before.size(), 1u);

  ::kill(before.front(), SIGKILL);
  ASSERT_TRUE(eventually([&] { return zygotesOf(client_->process()) != before; }));

  EXPECT_EQ(inCopy("print('two')").output, "two\n");
  EXPECT_EQ(zygotesOf(client_->process()).size(), 1u);
}

TEST_F(CopiesTest, TheirZygoteAndTheLauncherHaveFilters) {
  ASSERT_EQ(inCopy("print('one')").output, "one\n");
  const auto zygotes = zygotesOf(client_->process());
  ASSERT_EQ(zygotes.size(), 1u);

  for (const pid_t process : {client_->process(), zygotes.front()}) {
    const std::string status = textOf("/proc/" + std::to_string(process) + "/status");
    EXPECT_NE(status.find("\nSeccomp:\t2\n"), std::string::npos) << status;
  }
}

TEST_F(CopiesTest, OutliveTheirZygote) {
  const auto sandbox = create();
  ASSERT_TRUE(copy(*sandbox, "os.read(3, 1)\nprint('alive')\nsys.exit(5)"));
  const auto zygotes = zygotesOf(client_->process());
  ASSERT_EQ(zygotes.size(), 1u);

  ::kill(zygotes.front(), SIGKILL);
  ASSERT_TRUE(eventually([&] { return zygotesOf(client_->process()).empty(); }));
  ASSERT_EQ(::write(control_.get(), "x", 1), 1);
  const auto told = tellEnd(*sandbox);

  EXPECT_EQ(told.output, "alive\n");
  EXPECT_EQ(told.exit.status, 5 << 8);
}

TEST_F(CopiesTest, AWornZygoteIsReplaced) {
  copies_ = 2;
  const auto first = create();
  const auto second = create();
  const auto third = create();
  ASSERT_TRUE(copy(*first, "os.read(3, 1)\nprint('alive')\n"));
  const Fd control = std::move(control_);
  const auto before = zygotesOf(client_->process());

  ASSERT_TRUE(copy(*second, ""));
  EXPECT_EQ(zygotesOf(client_->process()), before);
  ASSERT_TRUE(copy(*third, ""));

  EXPECT_EQ(zygotesOf(client_->process()).size(), 1u);
  EXPECT_NE(zygotesOf(client_->process()), before);
  ASSERT_EQ(::write(control.get(), "x", 1), 1);
  EXPECT_EQ(tellEnd(*first).output, "alive\n");
}

TEST_F(CopiesTest, AZygoteThatDoesNotComeUpIsDoneWithout) {
  const Program broken{.argv = {"/usr/bin/python3", "-S", "-c", "import nothing"},
                       .environment = {}};
  const Program missing{.argv = {"/usr/bin/nothing"}, .environment = {}};
  const Program mute{.argv = {"/bin/true"}, .environment = {}};
  programs_ = {broken, missing, mute};

  for (const Program& program : programs_) {
    for (int round = 0; round < 5; ++round) {
      const auto sandbox = create();
      EXPECT_FALSE(copy(*sandbox, "", program));
      EXPECT_EQ(tell(*sandbox, {"/bin/echo", "executed"}).output, "executed\n");
    }
  }
}

TEST_F(CopiesTest, ManyAtATimeAreMade) {
  std::vector<std::unique_ptr<Sandbox>> sandboxes(20);
  for (auto& sandbox : sandboxes) sandbox = create();

  for (const auto& sandbox : sandboxes) ASSERT_TRUE(copy(*sandbox, "print(os.getpid())"));

  for (const auto& sandbox : sandboxes) EXPECT_EQ(tellEnd(*sandbox).output, "2\n");
}

TEST_F(CopiesTest, NothingIsLeftOfThem) {
  const auto sandbox = create();
  ASSERT_TRUE(copy(*sandbox, "import time\ntime.sleep(1000)\n"));
  const auto zygotes = zygotesOf(client_->process());

  stopLauncher();

  EXPECT_TRUE(groups().empty());
  EXPECT_NE(::kill(zygotes.at(0), 0), 0);
}

}  // namespace
}  // namespace openfc::sandbox
