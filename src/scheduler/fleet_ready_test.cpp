#include "scheduler/policy.h"
#include "scheduler/test_fleet.h"

namespace openfc::scheduler {
namespace {

class ReadyTest : public FleetTest {
protected:
  explicit ReadyTest(FleetConfig config = {.freezeAfter = 1ms, .reclaimAfter = 1ms})
      : FleetTest(config) {}

  void provision(const SpecPtr& spec, std::size_t instances, const std::string& alias = "",
                 bool awake = false) {
    fleet_.provision({.spec = spec, .alias = alias, .instances = instances, .awake = awake});
  }
  Provisioned state(const std::string& alias = "") {
    return fleet_.provisioned(fake::spec(world_, "f")->key, alias);
  }
  bool untilKept(std::size_t count, const std::string& alias = "") {
    return until([&] { return state(alias).kept == count && state(alias).current == count; });
  }
  /// Lets the loop do what is due for a while: for what must not happen.
  void turn() {
    const SteadyTime end = loop_.steady() + 20ms;
    until([&] { return loop_.steady() >= end; });
  }
};

TEST_F(ReadyTest, KeepsAsManyInstancesAsAreWantedAndNeverReclaimsThem) {
  provision(fake::spec(world_, "f"), 3);

  ASSERT_TRUE(untilKept(3));
  ASSERT_TRUE(until([&] { return world_.frozen == 3; }));
  turn();
  EXPECT_EQ(world_.alive, 3);
  EXPECT_EQ(state().error, "");
}

TEST_F(ReadyTest, CallsTheHooksOfThoseItKeeps) {
  const auto spec = fake::hookedSpec(world_, "f");
  provision(spec, 1);
  ASSERT_TRUE(until([&] { return world_.frozen == 1; }));
  EXPECT_EQ(world_.hooks, "freeze ");

  provision(spec, 0);
  ASSERT_TRUE(until([&] { return world_.alive == 0; }));
  EXPECT_EQ(world_.hooks, "freeze stop ");
  EXPECT_EQ(state().kept, 0u);
}

TEST_F(ReadyTest, LeavesAnInstanceInItsHookAloneWhenItIsToStayAwake) {
  world_.holdHooks = true;
  const auto spec = fake::hookedSpec(world_, "f");
  provision(spec, 1);
  ASSERT_TRUE(until([&] { return world_.held.size() == 1; }));

  provision(spec, 1, "", true);
  auto other = acquireNow(spec);
  EXPECT_EQ(world_.created, 2);
  world_.held[0]->give(true);
  EXPECT_EQ(world_.frozen, 0);
  EXPECT_EQ(state().kept, 1u);

  EXPECT_FALSE(acquireNow(spec)->acquired->cold);
  world_.holdHooks = false;
}

TEST_F(ReadyTest, ReplacesAnInstanceThatItsHookEnded) {
  world_.hookReply = runtime::Gone{"it ended"};
  provision(fake::hookedSpec(world_, "f"), 1);

  EXPECT_TRUE(until([&] { return world_.created >= 2; }));
  world_.hookReply = runtime::Success{};
  EXPECT_TRUE(untilKept(1));
}

TEST_F(ReadyTest, RunsTheInitializerOfEach) {
  const auto spec = fake::spec(world_, "f");
  spec->configuration.initializer = "index.init";

  provision(spec, 1);

  ASSERT_TRUE(untilKept(1));
  EXPECT_EQ(world_.lastRequestId.size(), 36u);
}

TEST_F(ReadyTest, UsesThemFirstAndStartsOthersOnDemand) {
  const auto spec = fake::spec(world_, "f");
  auto onDemand = acquireNow(spec);
  const std::string onDemandId = onDemand->lease()->instance().id();
  provision(spec, 1);
  ASSERT_TRUE(untilKept(1));
  onDemand->acquired.reset();

  auto first = acquireNow(spec);
  auto second = acquireNow(spec);

  ASSERT_NE(first->lease(), nullptr);
  EXPECT_FALSE(first->acquired->cold);
  EXPECT_NE(first->lease()->instance().id(), onDemandId);
  ASSERT_NE(second->lease(), nullptr);
}

TEST_F(ReadyTest, GivesABoundInstanceToItsAliasAlone) {
  const auto spec = fake::spec(world_, "f");
  provision(spec, 1, "prod");
  ASSERT_TRUE(untilKept(1, "prod"));
  const std::string id = fleet_.instances(spec->key, "prod").at(0).instanceId;

  auto direct = acquireNow(spec);
  auto other = acquireNow(spec, "test");
  auto through = acquireNow(spec, "prod");

  EXPECT_NE(direct->lease()->instance().id(), id);
  EXPECT_NE(other->lease()->instance().id(), id);
  EXPECT_EQ(through->lease()->instance().id(), id);
  EXPECT_EQ(fleet_.instances(spec->key, "").size(), 1u);
  EXPECT_EQ(fleet_.instances(spec->key, "test").size(), 1u);
}

TEST_F(ReadyTest, ReplacesADeadInstance) {
  const auto spec = fake::spec(world_, "f");
  provision(spec, 1);
  ASSERT_TRUE(untilKept(1));
  {
    auto lease = acquireNow(spec);
    lease->lease()->instance().guest().kill();
    ASSERT_TRUE(until([&] { return state().current == 0; }));
    EXPECT_EQ(state().error, "an instance ended soon after its start");
  }

  ASSERT_TRUE(untilKept(1));  // after a pause of a second
  EXPECT_EQ(world_.created, 2);
  EXPECT_EQ(state().error, "");
}

TEST_F(ReadyTest, ReplacesInstancesOfAnEarlierRevision) {
  provision(fake::spec(world_, "f", 1), 2);
  ASSERT_TRUE(untilKept(2));
  auto old = acquireNow(fake::spec(world_, "f", 1));

  provision(fake::spec(world_, "f", 2), 2);

  ASSERT_TRUE(until([&] { return state().kept == 2 && state().current == 3; }));
  old->acquired.reset();
  ASSERT_TRUE(untilKept(2));
  auto fresh = acquireNow(fake::spec(world_, "f", 2));
  EXPECT_EQ(fresh->lease()->instance().spec().revision, 2u);
  EXPECT_EQ(world_.alive, 2);
}

TEST_F(ReadyTest, LetsInvocationsEndInInstancesThatAreNotWantedAnyMore) {
  const auto spec = fake::spec(world_, "f");
  provision(spec, 3);
  ASSERT_TRUE(untilKept(3));
  auto lease = acquireNow(spec);

  provision(spec, 1);
  ASSERT_TRUE(untilKept(1));
  EXPECT_EQ(fleet_.instances(spec->key, "").at(0).instanceId, lease->lease()->instance().id());

  provision(spec, 0);
  EXPECT_EQ(state().kept, 0u);
  EXPECT_EQ(state().current, 1u);
  lease->acquired.reset();
  EXPECT_EQ(state().current, 0u);
  EXPECT_TRUE(until([&] { return world_.alive == 0; }));
}

TEST_F(ReadyTest, DropsAnInstanceThatComesUpWhenItIsNotWantedAnyMore) {
  world_.holdLoads = true;
  const auto spec = fake::spec(world_, "f");
  provision(spec, 1);
  ASSERT_TRUE(until([&] { return !world_.held.empty(); }));

  provision(spec, 0);
  world_.held[0]->give(true);

  EXPECT_TRUE(until([&] { return world_.alive == 0; }));
  EXPECT_EQ(state().current, 0u);
  EXPECT_EQ(state().error, "");
}

TEST_F(ReadyTest, TellsWhyInstancesDoNotComeUpAndTriesAgain) {
  world_.loadReply = runtime::Failure{.body = "broken"};
  const auto spec = fake::spec(world_, "f");
  provision(spec, 2);

  ASSERT_TRUE(until([&] { return state().error == "broken"; }));
  turn();
  EXPECT_LE(world_.loads, 2);  // and not again and again
  world_.loadReply = runtime::Success{};

  ASSERT_TRUE(untilKept(2));
  EXPECT_EQ(state().error, "");
}

TEST_F(ReadyTest, TriesNewCodeAtOnce) {
  world_.loadReply = runtime::Failure{.body = "broken"};
  provision(fake::spec(world_, "f", 1), 1);
  ASSERT_TRUE(until([&] { return state().error == "broken"; }));
  world_.loadReply = runtime::Success{};
  const SteadyTime begun = loop_.steady();

  provision(fake::spec(world_, "f", 2), 1);

  ASSERT_TRUE(untilKept(1));
  EXPECT_LT(loop_.steady() - begun, 900ms);
}

TEST_F(ReadyTest, EndsThemWithTheirFunction) {
  const auto spec = fake::spec(world_, "f");
  provision(spec, 1);
  provision(spec, 1, "prod");
  ASSERT_TRUE(untilKept(1) && untilKept(1, "prod"));

  fleet_.retire(spec->key);

  EXPECT_TRUE(until([&] { return world_.alive == 0; }));
  turn();
  EXPECT_EQ(world_.created, 2);
}

TEST_F(ReadyTest, LeavesThemRunningWhereTheyAreToKeepTheirCpu) {
  const auto spec = fake::spec(world_, "f");
  provision(spec, 2, "", true);
  ASSERT_TRUE(untilKept(2));
  acquireNow(spec)->acquired.reset();
  turn();
  EXPECT_EQ(world_.frozen, 0);

  provision(spec, 2);
  EXPECT_TRUE(until([&] { return world_.frozen == 2; }));

  provision(spec, 2, "", true);
  EXPECT_EQ(world_.frozen, 0);
}

TEST_F(ReadyTest, MeasuresHowMuchOfTheirRoomIsUsed) {
  const auto spec = fake::spec(world_, "f");
  spec->configuration.instanceConcurrency = 2;
  provision(spec, 1);
  ASSERT_TRUE(untilKept(1));
  auto lease = acquireNow(spec);
  const Provisioned before = state();

  turn();

  const Provisioned after = state();
  EXPECT_GT(after.used, before.used);
  EXPECT_EQ(after.had - before.had, 2 * (after.used - before.used));
}

TEST_F(ReadyTest, RefusesInvocationsBeyondTheInstancesOnDemand) {
  const auto spec = fake::spec(world_, "f");
  fleet_.limitOnDemand("1/s/LATEST/f", 2);
  auto first = acquireNow(spec);
  auto second = acquireNow(spec);

  auto third = acquireNow(spec);

  ASSERT_TRUE(third->error);
  EXPECT_EQ(third->error->code(), Code::resourceExhausted);
  EXPECT_EQ(third->error->message(), "the number of on-demand instances exceeds the limit (2)");
  EXPECT_NE(acquireNow(spec, "prod")->lease(), nullptr);  // has no limit
  first->acquired.reset();
  EXPECT_NE(acquireNow(spec)->lease(), nullptr);
}

TEST_F(ReadyTest, LetsInvocationsWaitForAnInstanceThatHasRoomForThem) {
  world_.holdLoads = true;
  const auto spec = fake::spec(world_, "f");
  spec->configuration.instanceConcurrency = 2;
  fleet_.limitOnDemand("1/s/LATEST/f", 1);
  auto first = acquire(spec);
  auto second = acquire(spec);
  auto third = acquire(spec);
  ASSERT_TRUE(until([&] { return !world_.held.empty(); }));
  EXPECT_TRUE(third->error);

  world_.held[0]->give(true);

  ASSERT_TRUE(until([&] { return first->ended() && second->ended(); }));
  EXPECT_EQ(&first->lease()->instance(), &second->lease()->instance());
}

TEST_F(ReadyTest, CountsOnlyInstancesOnDemandAgainstTheirLimit) {
  const auto spec = fake::spec(world_, "f");
  fleet_.limitOnDemand("1/s/LATEST/f", 0);
  EXPECT_TRUE(acquireNow(spec)->error);
  provision(spec, 1);
  ASSERT_TRUE(untilKept(1));

  auto lease = acquireNow(spec);

  EXPECT_NE(lease->lease(), nullptr);
  EXPECT_TRUE(acquireNow(spec)->error);
}

TEST_F(ReadyTest, ForgetsInstancesThatDidNotComeUpAgainstTheLimit) {
  const auto spec = fake::spec(world_, "f");
  fleet_.limitOnDemand("1/s/LATEST/f", 1);
  world_.loadReply = runtime::Failure{.body = "broken"};
  acquireNow(spec);
  world_.loadReply = runtime::Success{};
  world_.failAdoption = true;
  acquireNow(spec);
  world_.failAdoption = false;

  EXPECT_NE(acquireNow(spec)->lease(), nullptr);
}

TEST_F(ReadyTest, KillsIdleInstancesBeyondANewLimit) {
  const auto spec = fake::spec(world_, "f");
  auto first = acquireNow(spec);
  auto second = acquireNow(spec);
  auto third = acquireNow(spec);
  first->acquired.reset();
  second->acquired.reset();

  fleet_.limitOnDemand("1/s/LATEST/f", 1);

  EXPECT_EQ(fleet_.instances(spec->key, "").size(), 1u);
  fleet_.limitOnDemand("1/s/LATEST/f", std::nullopt);
  EXPECT_NE(acquireNow(spec)->lease(), nullptr);
}

TEST_F(ReadyTest, ThePauseOfARevisionBeforeEndsNoLaterOne) {
  world_.loadReply = runtime::Failure{.body = "broken"};
  provision(fake::spec(world_, "f", 1), 1);
  ASSERT_EQ(world_.created, 1);
  const SteadyTime half = loop_.steady() + 500ms;
  ASSERT_TRUE(until([&] { return loop_.steady() >= half; }));

  const SteadyTime updated = loop_.steady();
  provision(fake::spec(world_, "f", 2), 1);
  ASSERT_EQ(world_.created, 2);

  ASSERT_TRUE(until([&] { return world_.created == 3; }));
  EXPECT_GE(loop_.steady() - updated, policy::pauseAfter(1));
  world_.loadReply = runtime::Success{};
}

class SmallReadyTest : public ReadyTest {
protected:
  SmallReadyTest()
      : ReadyTest({.memory = 2 * (128uz << 20),
                   .admissionWait = 20ms,
                   .freezeAfter = 1ms,
                   .reclaimAfter = 1h}) {}
};

TEST_F(SmallReadyTest, KeepsNoMoreThanMemoryAdmits) {
  const auto spec = fake::spec(world_, "f");

  provision(spec, 3);

  ASSERT_TRUE(untilKept(2));
  EXPECT_EQ(state().error, "this node has no memory left for an instance of 128 MB (memory)");
  provision(spec, 2);
  EXPECT_EQ(state().error, "");
}

TEST_F(SmallReadyTest, NeverEvictsThemForAnotherFunction) {
  provision(fake::spec(world_, "f"), 2);
  ASSERT_TRUE(untilKept(2));
  ASSERT_TRUE(until([&] { return world_.frozen == 2; }));

  auto other = acquireNow(fake::spec(world_, "g"));

  ASSERT_TRUE(other->error);
  EXPECT_EQ(other->error->code(), Code::resourceThrottled);
  EXPECT_EQ(state().kept, 2u);
}

TEST_F(SmallReadyTest, TakesTheMemoryOfIdleInstancesOnDemand) {
  acquireNow(fake::spec(world_, "g"))->acquired.reset();

  provision(fake::spec(world_, "f"), 2);

  EXPECT_TRUE(untilKept(2));
}

TEST_F(SmallReadyTest, StartsThemWhenMemoryBecomesFree) {
  auto other = acquireNow(fake::spec(world_, "g"));
  provision(fake::spec(world_, "f"), 2);
  ASSERT_TRUE(untilKept(1));

  other->acquired.reset();

  EXPECT_TRUE(untilKept(2));
  EXPECT_EQ(state().error, "");
}

TEST_F(SmallReadyTest, KillsNothingForAnInstanceThatCannotFit) {
  auto busy = acquireNow(fake::spec(world_, "g"));
  acquireNow(fake::spec(world_, "h"))->acquired.reset();
  const auto large = fake::spec(world_, "f");
  large->adoption.memory = 2 * (128uz << 20);

  provision(large, 1);

  turn();
  EXPECT_EQ(world_.alive, 2);
  EXPECT_NE(state().error, "");
}

}  // namespace
}  // namespace openfc::scheduler
