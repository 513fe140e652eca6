// What the fleet still knows of functions that it has nothing of, and what outlasts that.
#include "scheduler/test_fleet.h"

namespace openfc::scheduler {
namespace {

class ForgetTest : public FleetTest {
protected:
  explicit ForgetTest(FleetConfig config = {.freezeAfter = 1ms, .reclaimAfter = 1h})
      : FleetTest(config) {}

  bool untilKnown(std::size_t count) {
    return until([&] { return fleet_.functions() == count; });
  }
};

TEST_F(ForgetTest, KnowsADeletedFunctionUntilItsLastInvocationEnds) {
  const auto spec = fake::spec(world_, "f");
  auto got = acquireNow(spec);
  acquireNow(spec, "prod")->acquired.reset();
  EXPECT_EQ(fleet_.functions(), 2u);

  fleet_.retire(spec->key);
  EXPECT_TRUE(untilKnown(1));
  got->acquired.reset();

  EXPECT_TRUE(untilKnown(0));
  EXPECT_EQ(world_.alive, 0);
}

TEST_F(ForgetTest, KnowsADeletedFunctionUntilItsPreStopHookEnds) {
  const auto spec = fake::hookedSpec(world_, "f");
  acquireNow(spec)->acquired.reset();
  world_.holdHooks = true;

  fleet_.retire(spec->key);
  ASSERT_TRUE(until([&] { return !world_.held.empty(); }));
  EXPECT_EQ(fleet_.functions(), 1u);
  world_.held[0]->give(true);

  EXPECT_TRUE(untilKnown(0));
}

TEST_F(ForgetTest, OutlivesTheLeaseOfADeadInstance) {
  const auto spec = fake::spec(world_, "f");
  auto got = acquireNow(spec);
  fleet_.retire(spec->key);
  got->lease()->discard("it broke");
  ASSERT_TRUE(untilKnown(0));
  auto again = acquireNow(spec);

  got->acquired.reset();

  EXPECT_EQ(fleet_.inFlight(), 1u);
  EXPECT_EQ(fleet_.functions(), 1u);
}

TEST_F(ForgetTest, LetsAStartEndThatNobodyWaitsFor) {
  world_.holdLoads = true;
  const auto spec = fake::spec(world_, "f");
  auto got = acquire(spec);
  ASSERT_TRUE(until([&] { return !world_.held.empty(); }));

  fleet_.retire(spec->key);
  EXPECT_TRUE(got->ended());
  EXPECT_EQ(fleet_.functions(), 1u);
  world_.held[0]->give(true);

  EXPECT_TRUE(untilKnown(0));
  EXPECT_EQ(world_.alive, 0);
}

TEST_F(ForgetTest, ForgetsAFunctionThatDidNotStart) {
  world_.loadReply = runtime::Failure{.body = "broken"};
  acquireNow(fake::spec(world_, "f"));
  world_.failAdoption = true;
  acquireNow(fake::spec(world_, "g"));

  EXPECT_TRUE(untilKnown(0));
}

TEST_F(ForgetTest, ServesAFunctionThatIsMadeAgain) {
  acquireNow(fake::spec(world_, "f", 1))->acquired.reset();
  fleet_.retire(fake::spec(world_, "f")->key);
  ASSERT_TRUE(untilKnown(0));

  auto got = acquireNow(fake::spec(world_, "f", 2));

  ASSERT_NE(got->lease(), nullptr);
  EXPECT_EQ(got->lease()->instance().spec().revision, 2u);
}

TEST_F(ForgetTest, ServesAFunctionThatIsMadeAgainBeforeItIsForgotten) {
  const auto spec = fake::spec(world_, "f");
  acquireNow(spec)->acquired.reset();
  fleet_.retire(spec->key);

  auto got = acquireNow(spec);

  ASSERT_NE(got->lease(), nullptr);
  EXPECT_EQ(fleet_.functions(), 1u);
  EXPECT_EQ(fleet_.instances(spec->key, "").size(), 1u);
}

TEST_F(ForgetTest, KeepsTheLimitOfAFunctionThatItForgets) {
  const auto spec = fake::spec(world_, "f");
  fleet_.limitOnDemand("1/s/LATEST/f", 1);
  acquireNow(spec)->acquired.reset();
  fleet_.retire(spec->key);
  ASSERT_TRUE(untilKnown(0));

  auto first = acquireNow(spec);

  ASSERT_NE(first->lease(), nullptr);
  EXPECT_TRUE(acquireNow(spec)->error);
  fleet_.limitOnDemand("1/s/LATEST/f", std::nullopt);
  EXPECT_NE(acquireNow(spec)->lease(), nullptr);
}

TEST_F(ForgetTest, OutlivesThePauseAfterAFailure) {
  world_.loadReply = runtime::Failure{.body = "broken"};
  const auto spec = fake::spec(world_, "f");
  fleet_.provision({.spec = spec, .alias = "", .instances = 1, .awake = false});
  ASSERT_TRUE(until([&] { return fleet_.provisioned(spec->key, "").error == "broken"; }));

  fleet_.retire(spec->key);
  ASSERT_TRUE(untilKnown(0));

  const SteadyTime over = loop_.steady() + 1100ms;  // the pause takes a second
  EXPECT_TRUE(until([&] { return loop_.steady() >= over; }));
  EXPECT_EQ(world_.loads, 1);
}

TEST_F(ForgetTest, KeepsWhatWasMeasuredOfProvisionedInstances) {
  const auto spec = fake::spec(world_, "f");
  fleet_.provision({.spec = spec, .alias = "", .instances = 1, .awake = false});
  ASSERT_TRUE(until([&] { return fleet_.provisioned(spec->key, "").had > 0ms; }));

  fleet_.provision({.spec = spec, .alias = "", .instances = 0, .awake = false});
  ASSERT_TRUE(until([&] { return world_.alive == 0; }));
  EXPECT_GT(fleet_.provisioned(spec->key, "").had, 0ms);
  fleet_.retire(spec->key);

  EXPECT_TRUE(untilKnown(0));
}

class ReclaimingTest : public ForgetTest {
protected:
  ReclaimingTest() : ForgetTest({.freezeAfter = 1ms, .reclaimAfter = 1ms}) {}
};

TEST_F(ReclaimingTest, ForgetsAFunctionWhoseInstancesWereIdleForLong) {
  acquireNow(fake::spec(world_, "f"))->acquired.reset();

  EXPECT_TRUE(untilKnown(0));
  EXPECT_EQ(world_.alive, 0);
}

class SmallForgetTest : public ForgetTest {
protected:
  SmallForgetTest()
      : ForgetTest(
            {.memory = 128u << 20, .admissionWait = 20ms, .freezeAfter = 1h, .reclaimAfter = 1h}) {}
};

TEST_F(SmallForgetTest, OutlivesTheWaitForMemory) {
  auto other = acquireNow(fake::spec(world_, "g"));
  const auto spec = fake::spec(world_, "f");
  auto got = acquire(spec);
  EXPECT_FALSE(got->ended());

  fleet_.retire(spec->key);
  EXPECT_TRUE(got->ended());
  other->acquired.reset();
  ASSERT_TRUE(untilKnown(1));

  const SteadyTime over = loop_.steady() + 40ms;  // after the wait
  EXPECT_TRUE(until([&] { return loop_.steady() >= over; }));
  EXPECT_EQ(world_.created, 1);
}

TEST_F(SmallForgetTest, ForgetsAFunctionWhoseInvocationsGaveUp) {
  auto other = acquireNow(fake::spec(world_, "g"));
  auto refused = acquireNow(fake::spec(world_, "f"));
  ASSERT_TRUE(refused->error);
  auto gone = acquire(fake::spec(world_, "h"));
  cancellation_.cancel();
  ASSERT_TRUE(gone->ended());

  other->acquired.reset();

  EXPECT_TRUE(untilKnown(1));
}

}  // namespace
}  // namespace openfc::scheduler
