#include "invoke/provision_plan.h"

#include "base/time_text.h"

#include <gtest/gtest.h>

namespace openfc::invoke {
namespace {

using namespace std::chrono_literals;

/// A plan with the instances that it asks for, under a clock of its own.
class PlanTest : public testing::Test {
public:
  static Time at(const std::string& text) { return fromIso(text).value(); }

  void set(std::vector<model::ScheduledAction> actions,
           std::vector<model::TargetTrackingPolicy> policies, std::int64_t target = 2) {
    plan.emplace(
        model::ProvisionConfig{.target = target,
                               .targetTime = now,
                               .settings = {.scheduledActions = std::move(actions),
                                            .targetTrackingPolicies = std::move(policies)}});
    decide();
  }
  void decide() {
    plan->decide(now, use);
    if (comesUp) use.kept = plan->target();
  }
  /// Time goes on in seconds, with this part of the instances' room used.
  void pass(Duration time, double used = 0) {
    for (const Time end = now + time; now < end;) {
      now += 1s;
      const Duration had = 1s * use.kept;
      use.had += had;
      use.used += std::chrono::duration_cast<Duration>(had * used);
      if (plan->due(now)) decide();
    }
  }
  static model::TargetTrackingPolicy policy(std::int64_t least, std::int64_t most,
                                            const std::string& from = "2022-01-01T00:00:00Z",
                                            const std::string& to = "2023-01-01T00:00:00Z") {
    return {"p", from, to, "ProvisionedConcurrencyUtilization", 0.5, least, most};
  }
  static model::ScheduledAction action(const std::string& expression, std::int64_t target) {
    return {"a", "2022-03-01T08:00:00Z", "2023-01-01T00:00:00Z", target, expression};
  }

  Time now = at("2022-03-01T08:00:00Z");
  ProvisionUse use;
  bool comesUp = true;
  std::optional<ProvisionPlan> plan;
};

TEST_F(PlanTest, StaysAtWhatWasSet) {
  set({}, {});

  EXPECT_EQ(plan->target(), 2);
  EXPECT_FALSE(plan->changes());
}

TEST_F(PlanTest, FollowsTheScheduleToTheSecond) {
  set({action("cron(0 30 8 * * *)", 5), action("at(2022-03-01T08:40:00Z)", 1)}, {});

  EXPECT_EQ(plan->target(), 2);
  pass(30min - 1s);
  EXPECT_EQ(plan->target(), 2);
  pass(1s);
  EXPECT_EQ(plan->target(), 5);
  pass(10min);
  EXPECT_EQ(plan->target(), 1);
  pass(24h - 10min);
  EXPECT_EQ(plan->target(), 5);
}

TEST_F(PlanTest, StaysInTheBoundsOfItsPolicyAtOnce) {
  set({}, {policy(4, 10)});
  EXPECT_EQ(plan->target(), 4);

  set({}, {policy(4, 10)}, 20);
  EXPECT_EQ(plan->target(), 10);
}

TEST_F(PlanTest, GrowsWithItsUseEveryMinute) {
  set({}, {policy(1, 10)});

  pass(59s, 1.0);
  EXPECT_EQ(plan->target(), 2);
  pass(1s, 1.0);
  EXPECT_EQ(plan->target(), 4);
  pass(60s, 0.6);
  EXPECT_EQ(plan->target(), 5);
  pass(60s, 0.5);
  EXPECT_EQ(plan->target(), 5);
  pass(3min, 1.0);
  EXPECT_EQ(plan->target(), 10);
}

TEST_F(PlanTest, ShrinksSlowlyDownToItsLeast) {
  set({}, {policy(1, 10)}, 8);

  pass(1min);
  EXPECT_EQ(plan->target(), 4);
  pass(1min, 0.45);
  EXPECT_EQ(plan->target(), 4);
  pass(10min);
  EXPECT_EQ(plan->target(), 1);
}

TEST_F(PlanTest, AsksForNoMoreWhileInstancesAreStillToCome) {
  comesUp = false;
  use.kept = 1;
  set({}, {policy(1, 100)});

  pass(5min, 1.0);
  EXPECT_EQ(plan->target(), 2);
  use.kept = 2;
  pass(1min, 1.0);
  EXPECT_EQ(plan->target(), 4);
}

TEST_F(PlanTest, LetsTheLaterOfActionAndMetricCount) {
  set({action("at(2022-03-01T08:10:00Z)", 6)}, {policy(1, 10)});
  pass(5min);
  EXPECT_EQ(plan->target(), 1);

  pass(5min);
  EXPECT_EQ(plan->target(), 6);
  pass(1min);
  EXPECT_EQ(plan->target(), 3);
}

TEST_F(PlanTest, ReturnsToTheScheduleWhenThePolicyEnds) {
  set({}, {policy(5, 10, "2022-03-01T08:01:00Z", "2022-03-01T08:05:00Z")});
  EXPECT_EQ(plan->target(), 2);

  pass(1min);
  EXPECT_EQ(plan->target(), 5);
  pass(4min);
  EXPECT_EQ(plan->target(), 5);
  pass(1s);
  EXPECT_EQ(plan->target(), 2);
  EXPECT_FALSE(plan->changes());
}

TEST_F(PlanTest, TakesTheHigherOfTwoPolicies) {
  auto other = policy(3, 4);
  other.metricTarget = 1.0;
  set({}, {policy(1, 10), other});
  EXPECT_EQ(plan->target(), 3);

  pass(1min, 1.0);
  EXPECT_EQ(plan->target(), 6);
}

TEST_F(PlanTest, DecidesAgainWhenTheClockIsSetBack) {
  set({action("at(2022-03-01T08:10:00Z)", 6)}, {});
  pass(10min);
  EXPECT_FALSE(plan->due(now));

  EXPECT_TRUE(plan->due(now - 1h));
}

}  // namespace
}  // namespace openfc::invoke
