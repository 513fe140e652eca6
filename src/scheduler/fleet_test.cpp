#include "scheduler/test_fleet.h"

namespace openfc::scheduler {
namespace {

TEST_F(FleetTest, NeverLendsOneInstanceTwice) {
  const auto spec = fake::spec(world_, "f");
  auto first = acquireNow(spec);
  auto second = acquireNow(spec);

  ASSERT_NE(first->lease(), nullptr);
  ASSERT_NE(second->lease(), nullptr);
  EXPECT_NE(first->lease()->instance().id(), second->lease()->instance().id());
}

TEST_F(FleetTest, TellsWhenAnInstanceWasStarted) {
  auto starting = fake::spec(world_, "f");
  auto cold = acquireNow(starting);
  ASSERT_TRUE(cold->acquired->start);
  EXPECT_LE(cold->acquired->start->begin, cold->acquired->start->end);
  EXPECT_FALSE(cold->acquired->start->initializer);
  cold->acquired.reset();

  EXPECT_FALSE(acquireNow(starting)->acquired->start);
}

TEST_F(FleetTest, LendsAFreeInstanceAgain) {
  const auto spec = fake::spec(world_, "f");
  acquireNow(spec)->acquired.reset();

  auto second = acquireNow(spec);

  ASSERT_NE(second->lease(), nullptr);
  EXPECT_FALSE(second->acquired->cold);
  EXPECT_EQ(world_.created, 1);
}

TEST_F(FleetTest, NeverSharesAnInstanceBetweenFunctions) {
  acquireNow(fake::spec(world_, "f"))->acquired.reset();

  acquireNow(fake::spec(world_, "g"));

  EXPECT_EQ(world_.created, 2);
}

TEST_F(FleetTest, GivesSeveralInvocationsToAnInstanceThatTakesThem) {
  const auto spec = fake::spec(world_, "f");
  spec->configuration.instanceConcurrency = 2;
  auto first = acquireNow(spec);
  auto second = acquireNow(spec);
  auto third = acquireNow(spec);

  EXPECT_EQ(first->lease()->instance().id(), second->lease()->instance().id());
  EXPECT_NE(first->lease()->instance().id(), third->lease()->instance().id());
}

TEST_F(FleetTest, ReplacesInstancesOfAnEarlierRevision) {
  auto old = acquireNow(fake::spec(world_, "f", 1));
  const std::string oldId = old->lease()->instance().id();

  auto fresh = acquireNow(fake::spec(world_, "f", 2));
  EXPECT_NE(fresh->lease()->instance().id(), oldId);
  old->acquired.reset();

  EXPECT_TRUE(until([&] { return world_.alive == 1; }));
}

TEST_F(FleetTest, NeverLendsADiscardedInstanceAgain) {
  const auto spec = fake::spec(world_, "f");
  auto first = acquireNow(spec);
  first->lease()->discard("it broke");
  first->acquired.reset();

  acquireNow(spec);

  EXPECT_EQ(world_.created, 2);
  EXPECT_EQ(world_.alive, 1);
}

TEST_F(FleetTest, NeverLendsAnInstanceAgainWhoseProcessSaidThatItEnds) {
  const auto spec = fake::spec(world_, "f");
  auto first = acquireNow(spec);
  world_.workersAlive = false;
  first->acquired.reset();
  world_.workersAlive = true;

  acquireNow(spec);

  EXPECT_EQ(world_.created, 2);
  EXPECT_EQ(world_.alive, 1);
}

TEST_F(FleetTest, NeverHoldsAGuestThatDidNotWarmUp) {
  world_.warmReply = runtime::Gone{"it ended"};
  WarmPool pool(loop_, factory_, {.size = 2}, {{fake::spec(world_, "f")->launch, {}}}, metrics_);

  spawn(pool.fill(), "fill");

  EXPECT_TRUE(until([&] { return world_.created > 0 && world_.alive == 0; }));
  EXPECT_EQ(pool.idle(), 0u);
  EXPECT_TRUE(emptied(pool));
}

TEST_F(FleetTest, EndsOnlyWhenEveryGuestIsGone) {
  auto lease = acquireNow(fake::spec(world_, "f"));
  lease->acquired.reset();

  fleet_.close();
  warm_.close();

  EXPECT_TRUE(emptied(warm_));
  EXPECT_EQ(world_.alive, 0);
}

TEST_F(FleetTest, FreezesIdleInstancesAndThawsThemForUse) {
  const auto spec = fake::spec(world_, "f");
  acquireNow(spec)->acquired.reset();
  ASSERT_TRUE(until([&] { return world_.frozen == 1; }));

  auto again = acquireNow(spec);

  ASSERT_NE(again->lease(), nullptr);
  EXPECT_EQ(world_.frozen, 0);
  EXPECT_EQ(world_.created, 1);
}

TEST_F(FleetTest, CountsNothingAsFrozenThatNothingFreezes) {
  const auto spec = fake::spec(world_, "f");
  world_.freezes = false;
  acquireNow(spec)->acquired.reset();
  bool later = false;
  loop_.after(20ms, [&later] { later = true; });  // the freezer's turn was at 1 ms
  ASSERT_TRUE(until([&] { return later; }));

  EXPECT_EQ(metric(R"(fc_instances{state="frozen"})"), 0);
  EXPECT_EQ(metric(R"(fc_instances{state="idle"})"), 1);
  EXPECT_EQ(metric("fc_memory_reserved_bytes"), 128 << 20);  // it may grow
  EXPECT_FALSE(acquireNow(spec)->acquired->cold);
}

TEST_F(FleetTest, CallsHooksBeforeAFreezeAndBeforeTheEnd) {
  const auto spec = fake::hookedSpec(world_, "f");
  acquireNow(spec)->acquired.reset();
  ASSERT_TRUE(until([&] { return world_.frozen == 1; }));
  EXPECT_EQ(world_.hooks, "freeze ");

  acquireNow(spec)->acquired.reset();
  ASSERT_TRUE(until([&] { return world_.frozen == 1; }));
  EXPECT_EQ(world_.hooks, "freeze freeze ");

  fleet_.retire(spec->key);
  EXPECT_TRUE(until([&] { return world_.alive == 0; }));
  EXPECT_EQ(world_.hooks, "freeze freeze stop ");
  EXPECT_EQ(world_.frozen, 0);
}

TEST_F(FleetTest, LendsNoInstanceWhoseHookRuns) {
  world_.holdHooks = true;
  const auto spec = fake::hookedSpec(world_, "f");
  acquireNow(spec)->acquired.reset();
  ASSERT_TRUE(until([&] { return world_.held.size() == 1; }));

  auto other = acquireNow(spec);
  ASSERT_NE(other->lease(), nullptr);
  EXPECT_EQ(world_.created, 2);
  EXPECT_EQ(world_.frozen, 0);

  world_.held[0]->give(true);
  EXPECT_EQ(world_.frozen, 1);
  world_.holdHooks = false;
}

TEST_F(FleetTest, FreezesAnInstanceWhoseHookFailed) {
  world_.hookReply = runtime::Failure{.body = "no"};
  acquireNow(fake::hookedSpec(world_, "f"))->acquired.reset();

  EXPECT_TRUE(until([&] { return world_.frozen == 1; }));
  EXPECT_EQ(
      metrics_.counter("fc_hooks_total", "", {{"hook", "PreFreeze"}, {"result", "failed"}}).value(),
      1u);
}

TEST_F(FleetTest, EndsAnInstanceWhoseHookTakesTooLong) {
  world_.holdHooks = true;
  const auto spec = fake::hookedSpec(world_, "f");
  spec->configuration.preFreeze.timeout = 0s;
  acquireNow(spec)->acquired.reset();

  EXPECT_TRUE(until([&] { return world_.alive == 0; }));
  EXPECT_EQ(world_.hooks, "freeze ");  // a process that hangs is not asked again
}

TEST_F(FleetTest, StopsAnInstanceThatWasReplacedDuringItsHook) {
  world_.holdHooks = true;
  acquireNow(fake::hookedSpec(world_, "f"))->acquired.reset();
  ASSERT_TRUE(until([&] { return world_.held.size() == 1; }));

  auto newer = acquireNow(fake::hookedSpec(world_, "f", 2));
  EXPECT_EQ(world_.alive, 2);
  world_.held[0]->give(true);
  ASSERT_EQ(world_.held.size(), 2u);
  EXPECT_EQ(world_.hooks, "freeze stop ");
  EXPECT_EQ(world_.alive, 2);
  world_.held[1]->give(true);

  EXPECT_TRUE(until([&] { return world_.alive == 1; }));
  world_.holdHooks = false;
}

TEST_F(FleetTest, StopsEveryInstanceForTheEnd) {
  world_.holdHooks = true;
  acquireNow(fake::hookedSpec(world_, "f"))->acquired.reset();
  ASSERT_TRUE(until([&] { return world_.held.size() == 1; }));
  bool ended = false;
  spawn(stopAll(&fleet_, 10s, &ended), "stop all");

  world_.held[0]->give(true);
  EXPECT_FALSE(ended);
  EXPECT_EQ(world_.hooks, "freeze stop ");
  world_.held[1]->give(true);

  EXPECT_TRUE(ended);
  EXPECT_EQ(world_.alive, 0);
}

TEST_F(FleetTest, WaitsForHooksNoLongerThanItIsTold) {
  world_.holdHooks = true;
  acquireNow(fake::hookedSpec(world_, "f"))->acquired.reset();
  ASSERT_TRUE(until([&] { return world_.held.size() == 1; }));
  bool ended = false;
  spawn(stopAll(&fleet_, 1ms, &ended), "stop all");

  EXPECT_TRUE(until([&] { return ended; }));
  EXPECT_EQ(world_.alive, 1);
}

TEST_F(FleetTest, ReportsTheFunctionsOwnFailureToStart) {
  world_.loadReply = runtime::Failure{.body = "broken"};

  auto got = acquireNow(fake::spec(world_, "f"));

  ASSERT_TRUE(got->acquired);
  const auto* failure = std::get_if<StartFailure>(&got->acquired->result);
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->failure.body, "broken");
  EXPECT_TRUE(until([&] { return world_.alive == 0; }));
}

TEST_F(FleetTest, AnswersInternalErrorWhenTheSandboxFails) {
  world_.failAdoption = true;

  auto got = acquireNow(fake::spec(world_, "f"));

  ASSERT_TRUE(got->error);
  EXPECT_EQ(got->error->code(), Code::internalServerError);
  EXPECT_EQ(fleet_.inFlight(), 0u);
}

TEST_F(FleetTest, TellsThoseWhoWaitForADeletedFunction) {
  world_.holdLoads = true;
  const auto spec = fake::spec(world_, "f");
  auto got = acquire(spec);
  ASSERT_TRUE(until([&] { return !world_.held.empty(); }));

  fleet_.retire(spec->key);
  ASSERT_TRUE(got->error);
  EXPECT_EQ(got->error->code(), Code::functionNotFound);
  world_.held[0]->give(true);

  EXPECT_TRUE(until([&] { return world_.alive == 0; }));
}

TEST_F(FleetTest, ForgetsAnInvocationThatWasCalledOff) {
  world_.holdLoads = true;
  auto got = acquire(fake::spec(world_, "f"));
  ASSERT_TRUE(until([&] { return !world_.held.empty(); }));

  cancellation_.cancel();

  ASSERT_TRUE(got->acquired);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(got->acquired->result));
  EXPECT_EQ(fleet_.inFlight(), 0u);
  world_.held[0]->give(true);
}

TEST_F(FleetTest, StartsNothingForAnInvocationThatWasCalledOffBefore) {
  cancellation_.cancel();

  auto got = acquire(fake::spec(world_, "f"));

  ASSERT_TRUE(got->acquired);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(got->acquired->result));
  EXPECT_EQ(world_.created, 0);
  EXPECT_EQ(fleet_.inFlight(), 0u);
}

class LoadTimeoutTest : public FleetTest {
protected:
  LoadTimeoutTest() : FleetTest({.loadTimeout = 1ms}) {}
};

TEST_F(LoadTimeoutTest, EndsAnInstanceWhoseCodeDoesNotLoadInTime) {
  world_.holdLoads = true;
  const auto got = acquire(fake::spec(world_, "f"));

  EXPECT_TRUE(until([&] { return world_.alive == 0; }));

  world_.release();
  EXPECT_TRUE(until([&] { return got->ended(); }));
}

TEST_F(LoadTimeoutTest, LeavesAWorkerItsOwnLimit) {
  world_.holdLoads = world_.workersLimitLoads = true;
  const auto got = acquire(fake::spec(world_, "f"));

  bool later = false;
  loop_.after(20ms, [&later] { later = true; });
  ASSERT_TRUE(until([&] { return later; }));
  EXPECT_EQ(world_.alive, 1);

  world_.release();
  ASSERT_TRUE(until([&] { return got->ended(); }));
  EXPECT_NE(got->lease(), nullptr);
}

class SmallFleetTest : public FleetTest {
protected:
  SmallFleetTest()
      : FleetTest({.maxConcurrency = 3,
                   .memory = 2 * (128uz << 20),
                   .admissionWait = 20ms,
                   .freezeAfter = 1h,
                   .reclaimAfter = 1h}) {}
};

TEST_F(SmallFleetTest, RefusesInvocationsBeyondTheConcurrencyLimit) {
  const auto spec = fake::spec(world_, "f");
  spec->configuration.instanceConcurrency = 10;
  const std::vector held = {acquireNow(spec), acquireNow(spec), acquireNow(spec)};

  auto beyond = acquireNow(spec);

  ASSERT_TRUE(beyond->error);
  EXPECT_EQ(beyond->error->code(), Code::resourceExhausted);
}

TEST_F(SmallFleetTest, RefusesAfterABoundedWaitWhenMemoryIsTaken) {
  auto first = acquireNow(fake::spec(world_, "f"));
  auto second = acquireNow(fake::spec(world_, "g"));

  auto third = acquireNow(fake::spec(world_, "h"));

  ASSERT_TRUE(third->error);
  EXPECT_EQ(third->error->code(), Code::resourceThrottled);
}

TEST_F(SmallFleetTest, EvictsAnIdleInstanceForAnotherFunction) {
  auto first = acquireNow(fake::spec(world_, "f"));
  acquireNow(fake::spec(world_, "g"))->acquired.reset();

  auto third = acquireNow(fake::spec(world_, "h"));

  EXPECT_NE(third->lease(), nullptr);
  EXPECT_TRUE(until([&] { return world_.alive == 2; }));
}

TEST_F(SmallFleetTest, EvictsNoMoreInstancesThanItNeedsWhileTheirHooksRun) {
  acquireNow(fake::hookedSpec(world_, "f"))->acquired.reset();
  acquireNow(fake::hookedSpec(world_, "g"))->acquired.reset();
  world_.holdHooks = true;

  auto third = acquire(fake::spec(world_, "h"));
  EXPECT_FALSE(third->ended());
  EXPECT_EQ(world_.hooks, "stop ");
  world_.held.at(0)->give(true);

  ASSERT_TRUE(until([&] { return third->ended(); }));
  EXPECT_NE(third->lease(), nullptr);
  EXPECT_EQ(world_.hooks, "stop ");
}

TEST_F(SmallFleetTest, ServesAWaiterWhenMemoryBecomesFree) {
  auto first = acquireNow(fake::spec(world_, "f"));
  auto second = acquireNow(fake::spec(world_, "g"));
  auto third = acquire(fake::spec(world_, "h"));
  EXPECT_FALSE(third->ended());

  first->acquired.reset();

  ASSERT_TRUE(until([&] { return third->ended(); }));
  EXPECT_NE(third->lease(), nullptr);
}

}  // namespace
}  // namespace openfc::scheduler
