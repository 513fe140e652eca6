#include "sandbox/launcher/defences.h"

#include "sandbox/sandbox_world_test.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <tuple>

namespace openfc::sandbox {
namespace {

using DefencesTest = SandboxTest;

/// What a script prints with its defence off; with it on, it prints something else.
struct Off {
  const char* defences;
  const char* script;
  const char* output;
};

class DefenceTest : public SandboxTest, public testing::WithParamInterface<std::tuple<Off, Way>> {};

TEST_P(DefenceTest, OffMakesTheDifference) {
  const auto& [off, way] = GetParam();
  // A guest that says nothing at all is no proof of a defence.
  const std::string text = std::string("echo begun; ") + off.script;
  startLauncher(off.defences);
  const std::string without = script(text, way).output;
  stopLauncher();
  startLauncher();
  const std::string with = script(text, way).output;

  EXPECT_EQ(without, std::string("begun\n") + off.output);
  EXPECT_TRUE(with.starts_with("begun\n")) << with;
  EXPECT_NE(with, without);
}

constexpr Off offs[] = {
    {"seccomp", "grep Seccomp: /proc/self/status | tr -d '\\t'", "Seccomp:0\n"},
    {"capabilities", "grep CapEff /proc/self/status | grep -c 0000000000000000", "0\n"},
    {"no_new_privs", "grep NoNewPrivs /proc/self/status | tr -d '\\t'", "NoNewPrivs:0\n"},
    {"uid", "id -u", "0\n"},
    {"uid,capabilities,mount_readonly", "touch /etc/x && rm /etc/x && echo written", "written\n"},
    {"nosuid", "grep -E ' / ' /proc/self/mounts | grep -c nosuid", "0\n"},
    {"host_root", "test -d /mnt/sys && echo seen", "seen\n"},
    {"pids_limit",
     "i=0; while [ $i -lt 1100 ]; do sleep 10 & i=$((i+1)); done 2>/dev/null; echo many", "many\n"},
    {"memory_limit", "head -c 600000000 /dev/zero | tail -c 600000000 | wc -c", "600000000\n"},
    {"tmp_limit", "df --output=size /tmp | tail -n 1 | tr -d ' '", "0\n"},
    {"core_limit", "ulimit -H -c", "unlimited\n"},
    {"proc_mask", "test -r /proc/cmdline && echo seen", "seen\n"},
    {"pid_namespace", "test $$ -gt 5 && echo seen", "seen\n"},
    {"uts_namespace", "uname -n | grep -c -x fc", "0\n"},
    {"net_namespace", "test $(wc -l < /proc/net/dev) -ge 3 && readlink /proc/self/ns/net", nullptr},
    {"ipc_namespace", "readlink /proc/self/ns/ipc", nullptr},
    {"cgroup_namespace", "grep -c openfc /proc/self/cgroup", "4\n"},
    {"fd_closing", "test -e /proc/$$/fd/12 && echo seen", "seen\n"},
};

std::string nameOfBoth(const testing::TestParamInfo<std::tuple<Off, Way>>& info) {
  const auto& [off, way] = info.param;
  std::string name = off.defences;
  std::ranges::replace(name, ',', '_');
  return name + nameOf(way);
}

std::vector<Off> offsWithOutput() {
  static std::array<std::string, 2> own;
  std::vector<Off> all(std::begin(offs), std::end(offs));
  std::size_t next = 0;
  for (Off& off : all) {
    if (off.output != nullptr) continue;
    const bool net = std::string_view(off.defences) == "net_namespace";
    own[next] =
        std::filesystem::read_symlink(net ? "/proc/self/ns/net" : "/proc/self/ns/ipc").string() +
        "\n";
    off.output = own[next++].c_str();
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(Without, DefenceTest,
                         testing::Combine(testing::ValuesIn(offsWithOutput()),
                                          testing::Values(Way::exec, Way::copy)),
                         nameOfBoth);

TEST(Defences, AnUnknownNameIsRefused) {
  EXPECT_THROW(launcher::Defences("seccomp,nonsense"), std::runtime_error);
}

}  // namespace
}  // namespace openfc::sandbox
