#include "sandbox/launcher/files.h"
#include "sandbox/sandbox_world_test.h"

#include <fmt/core.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <tuple>

namespace openfc::sandbox {
namespace {

/// A shell line that must print exactly this in a sandbox.
struct View {
  const char* name;
  const char* script;
  const char* output;
};

class ViewTest : public SandboxTest, public testing::WithParamInterface<std::tuple<View, Way>> {};

TEST_P(ViewTest, IsWhatItShallBe) {
  const auto& [view, way] = GetParam();
  // A guest that says nothing at all is no proof that there is nothing to see.
  EXPECT_EQ(script(std::string("echo begun; ") + view.script, way).output,
            std::string("begun\n") + view.output);
}

constexpr View views[] = {
    {"InitIsProcessOne", "cat /proc/1/comm; ls -d /proc/[0-9]* | wc -l | sed 's/[3-5]/few/'",
     "init\nfew\n"},
    {"NothingIsKnownOfInit",
     "cat /proc/1/environ 2>&1 >/dev/null | grep -c denied; ls /proc/1/fd 2>&1 | grep -c denied",
     "1\n1\n"},
    {"NoCapabilities", "grep -E '^Cap' /proc/self/status | tr -d '\\t\\n'",
     "CapInh:0000000000000000CapPrm:0000000000000000CapEff:0000000000000000CapBnd:"
     "0000000000000000CapAmb:0000000000000000"},
    {"NoNewPrivilegesAndAFilter",
     "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t\\n'",
     "NoNewPrivs:1Seccomp:2"},
    {"AUserOfItsOwnWithAName", "test $(id -u) -ge 950000000 && id -un | tr -d 0-9", "user\n"},
    {"RootIsReadOnly",
     "for d in / /usr /etc /dev /code /opt /var/fc /home; do touch $d/x 2>/dev/null && echo $d; "
     "done; echo none",
     "none\n"},
    {"TmpCanBeWritten", "cd /tmp && echo hello > x && cat x && stat -f -c %T /tmp",
     "hello\ntmpfs\n"},
    {"DevicesAreFew", "ls /dev | tr '\\n' ' '",
     "fd full null random shm stderr stdin stdout urandom zero "},
    {"RootHoldsLittle", "ls / | tr '\\n' ' ' | sed 's/lib[x32646]* //g'",
     "bin code data dev etc home mnt opt proc root run sbin tmp usr var "},
    {"ProcIsMasked",
     "for f in kcore keys kallsyms sysrq-trigger timer_list cmdline vmstat zoneinfo buddyinfo "
     "partitions swaps sys/fs/file-nr sys/fs/inode-nr sys/fs/inode-state sys/fs/dentry-state "
     "sys/fs/aio-nr; do test -e /proc/$f && cat "
     "/proc/$f 2>/dev/null; done; ls /proc/irq /proc/bus /proc/fs 2>/dev/null | grep -v : | tr -d "
     "'\\n'",
     ""},
    {"ControllersAreListedWithoutCounts",
     "grep -q '^memory' /proc/cgroups && grep -v '#' /proc/cgroups | cut -f3 | sort -u", "1\n"},
    {"ProcSysIsReadOnly", "grep ' /proc/sys ' /proc/self/mounts | grep -c ' ro,'", "1\n"},
    {"NoSys", "ls /sys 2>&1 | grep -c 'No such'", "1\n"},
    {"OwnHostName", "cat /proc/sys/kernel/hostname", "fc\n"},
    {"GroupsAreHidden", "cut -d: -f3 /proc/self/cgroup | sort -u", "/\n"},
    {"LoopbackOnly", "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' \\n'", "lo"},
    {"LimitsOfAProcess", "ulimit -c; ulimit -l; ulimit -v", "0\n64\nunlimited\n"},
    {"TimeIsUtc", "date +%Z", "UTC\n"},
    {"TheRuntimesAreShown", "cat /var/fc/runtime/python/bootstrap", "a bootstrap\n"},
    {"SetUserIdDoesNothing",
     "find / -xdev -perm -4000 -exec true {} + 2>/dev/null; grep -E ' / ' /proc/self/mounts | grep "
     "-c nosuid",
     "1\n"},
    {"NoHostMountsAreSeen", "grep -c -E ' /(sys|work|boot|var/lib)' /proc/self/mounts", "0\n"},
    {"NoTerminal", "ps -o tty= -p $$ | tr -d ' '; (: < /dev/tty) 2>&1 | grep -c -v xxx", "?\n1\n"},
};

std::string nameOfBoth(const testing::TestParamInfo<std::tuple<View, Way>>& info) {
  const auto& [view, way] = info.param;
  return std::string(view.name) + nameOf(way);
}

INSTANTIATE_TEST_SUITE_P(Of, ViewTest,
                         testing::Combine(testing::ValuesIn(views),
                                          testing::Values(Way::exec, Way::copy)),
                         nameOfBoth);

using IsolationTest = SandboxTest;

bool has(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2]{};
  return ::syscall(SYS_capget, &header, sets) == 0 &&
         (sets[capability / 32].effective >> capability % 32 & 1) != 0;
}

TEST_F(IsolationTest, TheMemoryScoreCannotBeSetBack) {
  if (!has(CAP_SYS_RESOURCE)) GTEST_SKIP() << "needs CAP_SYS_RESOURCE";
  for (const Way way : {Way::exec, Way::copy}) {
    const auto told =
        script("echo 499 > /proc/self/oom_score_adj; cat /proc/self/oom_score_adj", way);

    EXPECT_TRUE(told.output.ends_with("500\n")) << told.output;
  }
}

TEST_F(IsolationTest, TheLauncherKeepsItsMemoryScore) {
  const auto own = launcher::readFile("/proc/self/oom_score_adj");
  const auto executed = script("cat /proc/self/oom_score_adj");
  const auto copied = script("cat /proc/self/oom_score_adj", Way::copy);

  EXPECT_EQ(executed.output, "500\n");
  EXPECT_EQ(copied.output, "500\n");
  EXPECT_EQ(launcher::readFile(fmt::format("/proc/{}/oom_score_adj", client_->process())), own);
}

TEST_F(IsolationTest, AProgramHasFourDescriptors) {
  const auto sandbox = create();

  const auto told = tell(*sandbox, {"/usr/bin/python3", "-c",
                                    "import os\n"
                                    "for fd in range(1024):\n"
                                    "  try: print(fd, oct(os.fstat(fd).st_mode), end=' ')\n"
                                    "  except OSError: pass\n"});

  EXPECT_EQ(told.output, "0 0o20666 1 0o10600 2 0o10600 3 0o140777 ");
}

TEST_F(IsolationTest, SandboxesHaveDifferentUsers) {
  const auto first = create();
  const auto second = create();

  const std::string one = tell(*first, {"/usr/bin/id", "-u"}).output;
  const std::string two = tell(*second, {"/usr/bin/id", "-u"}).output;

  EXPECT_NE(one, two);
}

TEST_F(IsolationTest, CodeIsReadOnlyAndWithoutPrivileges) {
  const auto sandbox = create();
  adopt(*sandbox,
        {.code = package({{"x", "y"}}), .layers = {package({{"a", "1"}}), package({{"b", "2"}})}});

  const auto told = tell(
      *sandbox, {"/bin/sh", "-c",
                 "grep -E ' /(code|opt) ' /proc/self/mounts | cut -d' ' -f2,4 | cut -d, -f1-3"});

  EXPECT_EQ(told.output, "/code ro,nosuid,nodev\n/opt ro,nosuid,nodev\n");
}

TEST_F(IsolationTest, APackageThatIsALinkIsRefused) {
  const std::string digest(64, 'a');
  ASSERT_EQ(::symlink("/etc", (directory_.path() + "/packages/" + digest).c_str()), 0);
  const auto sandbox = create();

  EXPECT_THROW(adopt(*sandbox, {.code = digest}), std::runtime_error);
}

TEST_F(IsolationTest, TmpHasTheSizeThatAdoptionGave) {
  const auto sandbox = create();
  adopt(*sandbox, {.tmpSize = 16u << 20});

  const auto told =
      tell(*sandbox, {"/bin/sh", "-c", "head -c 20000000 /dev/zero > /tmp/x; stat -c %s /tmp/x"});

  EXPECT_TRUE(told.output.ends_with("16777216\n")) << told.output;
}

TEST_F(IsolationTest, ProcessesAreLimited) {
  const auto told =
      script("i=0; while [ $i -lt 1100 ]; do sleep 100 & i=$((i+1)); done 2>&1 | head -1");

  EXPECT_NE(told.output.find("fork"), std::string::npos) << told.output;
}

TEST_F(IsolationTest, ASandboxSendsNoSignalsOut) {
  const auto bystander = create();
  bystander->start({"/bin/sleep", "1000"}, {}, "/");

  script("kill -9 -1");
  const auto after = script("echo alive");

  EXPECT_EQ(after.output, "alive\n");
  EXPECT_TRUE(client_->healthy());
  bystander->kill();
  EXPECT_EQ(WTERMSIG(tellEnd(*bystander).exit.status), SIGKILL);
}

}  // namespace
}  // namespace openfc::sandbox
