#include "sandbox/launcher/processors.h"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace openfc::sandbox::launcher {
namespace {

cpu_set_t mine() {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof(set), &set);
  return set;
}

/// Of this thread alone.
bool dropNice() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return false;
  sets[0].effective &= ~(1U << CAP_SYS_NICE);
  return ::syscall(SYS_capset, &header, sets.data()) == 0;
}

TEST(Processors, AreHalvedWhereOthersCanBeGivenThemBack) {
  std::jthread([] {
    const cpu_set_t before = mine();
    const int count = CPU_COUNT(&before);
    const bool halved = count > 1 && mayMoveOthers();

    const auto all = keepToHalf();

    ASSERT_EQ(all.has_value(), halved);
    if (all) EXPECT_TRUE(CPU_EQUAL(&*all, &before));
    const cpu_set_t after = mine();
    EXPECT_EQ(CPU_COUNT(&after), halved ? (count + 1) / 2 : count);
  }).join();
}

TEST(Processors, AreLeftAloneWhereACopyCouldNotBeGivenThemBack) {
  std::jthread([] {
    const cpu_set_t before = mine();
    ASSERT_TRUE(dropNice());

    EXPECT_FALSE(keepToHalf());

    const cpu_set_t after = mine();
    EXPECT_TRUE(CPU_EQUAL(&after, &before));
  }).join();
}

}  // namespace
}  // namespace openfc::sandbox::launcher
