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

TEST(Policy, WaitsLongerAfterEachFailure) {
  EXPECT_EQ(pauseAfter(1).count(), 1);
  EXPECT_EQ(pauseAfter(2).count(), 2);
  EXPECT_EQ(pauseAfter(6).count(), 32);
  EXPECT_EQ(pauseAfter(7).count(), 60);
  EXPECT_EQ(pauseAfter(1000).count(), 60);
}

TEST(Policy, FollowsAMetricUpAtOnceAndDownSlowly) {
  struct Case {
    std::int64_t capacity;
    double metric, target;
    std::int64_t expected;
  };
  for (const Case& c : {Case{10, 0.7, 0.7, 10}, Case{10, 1.0, 0.5, 20}, Case{10, 0.71, 0.7, 11},
                        Case{10, 0.8, 0.6, 14}, Case{1, 1.0, 0.6000000238418579, 2},
                        Case{10, 0.35, 0.7, 7}, Case{10, 0.0, 0.7, 5}, Case{2, 0.0, 0.7, 1},
                        Case{1, 0.0, 0.7, 0}, Case{1, 0.6, 0.7, 1}, Case{0, 0.0, 0.7, 0}}) {
    EXPECT_EQ(trackedCapacity(c.capacity, c.metric, c.target), c.expected)
        << c.capacity << " " << c.metric << " " << c.target;
  }
}

TEST(Policy, SharesInstancesOutByWeight) {
  using Parts = std::vector<std::int64_t>;
  EXPECT_EQ(shared(10, {1.0}), (Parts{10}));
  EXPECT_EQ(shared(10, {0.9, 0.1}), (Parts{9, 1}));
  EXPECT_EQ(shared(3, {0.5, 0.5}), (Parts{2, 1}));
  EXPECT_EQ(shared(1, {0.2, 0.8}), (Parts{0, 1}));
  EXPECT_EQ(shared(0, {0.2, 0.8}), (Parts{0, 0}));
  EXPECT_EQ(shared(7, {0.95, 0.05}), (Parts{7, 0}));
}

}  // namespace
}  // namespace openfc::scheduler::policy
