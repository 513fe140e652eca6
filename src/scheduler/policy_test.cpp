#include "scheduler/policy.h"

#include <gtest/gtest.h>

namespace openfc::scheduler::policy {
namespace {

TEST(Policy, StartsAnInstanceForEachShareOfTheWaiting) {
  struct Case {
    std::size_t waiting, starting, concurrency, expected;
  };
  for (const Case& c : {Case{0, 0, 1, 0}, Case{1, 0, 1, 1}, Case{3, 1, 1, 2}, Case{3, 5, 1, 0},
                        Case{10, 0, 10, 1}, Case{11, 0, 10, 2}, Case{11, 1, 10, 1}}) {
    EXPECT_EQ(instancesToStart(c.waiting, c.starting, c.concurrency), c.expected)
        << c.waiting << " " << c.starting << " " << c.concurrency;
  }
}

TEST(Policy, HoldsGuestsOnlyOfKindsThatAreNeeded) {
  EXPECT_EQ(poolTarget(4, true, false), 4u);
  EXPECT_EQ(poolTarget(4, false, true), 4u);
  EXPECT_EQ(poolTarget(4, false, false), 0u);
}

}  // namespace
}  // namespace openfc::scheduler::policy
