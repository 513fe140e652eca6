#include "sandbox/launcher/cgroup_worlds.h"

#include <gtest/gtest.h>

namespace openfc::sandbox::launcher {
namespace {

constexpr const char* versionOne =
    "30 24 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755\n"
    "31 30 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
    "33 30 0:29 / /sys/fs/cgroup/memory rw shared:15 - cgroup cgroup rw,memory\n"
    "34 30 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "35 30 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";
constexpr const char* versionTwo =
    "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";

TEST(CgroupLayout, VersionOneLimitsAndVersionTwoFreezes) {
  const Layout layout = layoutOf(versionOne, "4:memory:/user/x\n0::/\n");

  EXPECT_EQ(layout.world->name, "cgroup v1");
  EXPECT_EQ(layout.freezer, "/sys/fs/cgroup/unified");
  EXPECT_EQ(layout.memory, "/sys/fs/cgroup/memory");
  EXPECT_EQ(layout.cpu, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(layout.pids, "/sys/fs/cgroup/pids");
  EXPECT_EQ(layout.directories().size(), 4u);
}

TEST(CgroupLayout, VersionTwoIsOneDirectory) {
  const Layout layout = layoutOf(versionTwo, "0::/user.slice/session-1.scope\n");

  EXPECT_EQ(layout.world->name, "cgroup v2");
  EXPECT_EQ(layout.directories(), std::vector<std::string>{"/sys/fs/cgroup"});
}

TEST(CgroupLimits, ProcessesFollowMemory) {
  constexpr std::uint64_t megabyte = 1u << 20;

  EXPECT_EQ(processesOf(4 * megabyte), 64u);
  EXPECT_EQ(processesOf(128 * megabyte), 256u);
  EXPECT_EQ(processesOf(512 * megabyte), 1024u);
  EXPECT_EQ(processesOf(3072 * megabyte), 1024u);
}

TEST(CgroupLimits, AllTogetherLeaveSomethingToTheMachine) {
  constexpr std::uint64_t gigabyte = 1u << 30;

  EXPECT_EQ(memoryOfAll(gigabyte), gigabyte + gigabyte / 4);
  EXPECT_EQ(memoryOfAll(16 * gigabyte), 18 * gigabyte);
  EXPECT_EQ(processesOfAll(32'768, 190'000), 16'384u);
  EXPECT_EQ(processesOfAll(4'194'304, 46'000), 23'000u);
}

TEST(CgroupLayout, AServiceStaysBelowItsOwnGroup) {
  const Layout layout = layoutOf(versionTwo, "0::/system.slice/openfc.service\n");

  EXPECT_EQ(layout.memory, "/sys/fs/cgroup/system.slice/openfc.service");
}

TEST(CgroupLayout, AGroupThatIsNotMountedFromItsRootIsFound) {
  const Layout layout = layoutOf("30 24 0:26 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
                                 "0::/docker/1/system.slice/openfc.service\n");

  EXPECT_EQ(layout.memory, "/sys/fs/cgroup/system.slice/openfc.service");
}

TEST(CgroupLayout, WithoutAnythingThereIsNoDirectory) {
  const Layout layout = layoutOf("", "");

  EXPECT_EQ(layout.world->name, "no cgroups");
  EXPECT_TRUE(layout.directories().empty());
}

TEST(CpuShare, GrowsWithMemoryAndGivesSmallFunctionsOneCore) {
  struct Case {
    std::uint64_t megabytes;
    std::uint64_t weight;
    std::uint64_t shares;
    std::uint64_t quota;
  };
  constexpr Case cases[] = {
      {64, 6, 64, 100'000},
      {128, 12, 128, 100'000},
      {1024, 100, 1024, 100'000},
      {3072, 300, 3072, 200'000},
  };

  for (const Case& row : cases) {
    const CpuShare share = cpuShareOf(row.megabytes << 20);
    EXPECT_EQ(share.weight, row.weight) << row.megabytes;
    EXPECT_EQ(share.shares, row.shares) << row.megabytes;
    EXPECT_EQ(share.quotaOf100ms, row.quota) << row.megabytes;
  }
}

}  // namespace
}  // namespace openfc::sandbox::launcher
