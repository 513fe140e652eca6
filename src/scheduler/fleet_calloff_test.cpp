// Starts that nobody waits for any more.

#include "scheduler/test_fleet.h"

namespace openfc::scheduler {
namespace {

class CallOffTest : public FleetTest {
protected:
  explicit CallOffTest(FleetConfig config = {.memory = 100 * instanceMemory,
                                             .freezeAfter = 1h,
                                             .reclaimAfter = 1h,
                                             .maxCreating = 1})
      : FleetTest(config) {}

  static constexpr std::uint64_t instanceMemory = 128u << 20;

  std::vector<std::shared_ptr<Got>> acquireMany(const SpecPtr& spec, int count) {
    std::vector<std::shared_ptr<Got>> all;
    all.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) all.push_back(acquire(spec));
    return all;
  }
  static std::shared_ptr<Got> acquireOf(Fleet& fleet, SpecPtr spec, Cancellation& cancellation) {
    auto got = std::make_shared<Got>();
    spawn(acquireInto(&fleet, std::move(spec), "LATEST", got, &cancellation), "acquire");
    return got;
  }
  double reserved() const { return metric("fc_memory_reserved_bytes"); }
  /// Lets the loop do what is due: for what must not happen.
  void turn() {
    bool turned = false;
    loop_.after(5ms, [&turned] { turned = true; });
    until([&] { return turned; });
  }

  Cancellation leaving_;
};

TEST_F(CallOffTest, WhatWasServedMeanwhileIsNotStarted) {
  world_.holdWarming = true;
  const auto all = acquireMany(fake::spec(world_, "f"), 5);
  world_.releaseHeld();  // the first comes up, the second gets no further than this

  for (const auto& got : all) {
    ASSERT_TRUE(until([&] { return got->lease() != nullptr; }));
    got->acquired.reset();
  }
  world_.release();
  turn();

  EXPECT_EQ(world_.created, 2);
  EXPECT_EQ(reserved(), 2.0 * instanceMemory);
}

TEST_F(CallOffTest, NothingIsStartedForCallersWhoLeft) {
  world_.holdWarming = true;
  const auto spec = fake::spec(world_, "f");
  const auto stays = acquire(spec);
  const auto leaves = acquireOf(fleet_, spec, leaving_);
  ASSERT_EQ(world_.created, 1);

  leaving_.cancel();
  world_.release();

  ASSERT_TRUE(until([&] { return stays->lease() != nullptr; }));
  EXPECT_TRUE(leaves->ended());
  turn();
  EXPECT_EQ(world_.created, 1);
}

TEST_F(CallOffTest, AnUpdateDoesNotWaitForStartsOfTheRevisionBefore) {
  world_.holdLoads = true;
  const auto old = acquire(fake::spec(world_, "f", 1));
  ASSERT_EQ(world_.held.size(), 1u);  // the old code loads, for however long

  const auto fresh = acquire(fake::spec(world_, "f", 2));
  ASSERT_TRUE(until([&] { return world_.held.size() == 3; }));
  EXPECT_EQ(world_.alive, 2);  // the old one was killed

  world_.release();
  ASSERT_TRUE(until([&] { return old->ended() && fresh->ended(); }));
  EXPECT_EQ(old->lease()->instance().spec().revision, 2u);
  EXPECT_EQ(fresh->lease()->instance().spec().revision, 2u);
}

TEST_F(CallOffTest, ADeletionEndsQueuedStartsAndGivesTheirMemoryBack) {
  world_.holdWarming = true;
  const auto all = acquireMany(fake::spec(world_, "f"), 5);
  ASSERT_EQ(reserved(), 5.0 * instanceMemory);

  fleet_.retire(fake::spec(world_, "f")->key);

  EXPECT_EQ(reserved(), 1.0 * instanceMemory);  // of the one that is being made
  world_.release();
  EXPECT_TRUE(until([&] { return world_.alive == 0; }));
  EXPECT_EQ(world_.created, 1);
  EXPECT_EQ(reserved(), 0.0);
}

TEST_F(CallOffTest, TheFailureOfAReplacedRevisionIsNobodys) {
  world_.holdLoads = true;
  const auto old = acquire(fake::spec(world_, "f", 1));
  world_.holdLoads = false;
  const auto fresh = acquire(fake::spec(world_, "f", 2));
  world_.loadReply = runtime::Failure{.body = "broken"};
  world_.release();

  ASSERT_TRUE(until([&] { return old->ended() && fresh->ended(); }));
  EXPECT_NE(old->lease(), nullptr);
  EXPECT_NE(fresh->lease(), nullptr);
}

TEST_F(CallOffTest, ReplacedStartsCountAgainstNoLimitOfInstances) {
  world_.holdLoads = true;
  fleet_.limitOnDemand("1/s/LATEST/f", 1);
  acquireOf(fleet_, fake::spec(world_, "f", 1), leaving_);
  leaving_.cancel();

  const auto fresh = acquire(fake::spec(world_, "f", 2));
  world_.release();

  ASSERT_TRUE(until([&] { return fresh->ended(); }));
  EXPECT_NE(fresh->lease(), nullptr);
}

TEST_F(CallOffTest, InstancesThatAreWantedNoMoreAreNotStarted) {
  const auto spec = fake::spec(world_, "f");
  world_.holdWarming = true;
  fleet_.provision({.spec = spec, .instances = 5});
  fleet_.provision({.spec = spec, .instances = 1});
  world_.release();

  ASSERT_TRUE(until([&] { return fleet_.provisioned(spec->key, "").kept == 1; }));
  turn();
  EXPECT_EQ(world_.created, 1);
}

TEST_F(CallOffTest, AGuestThatWasMadeInVainServesTheNext) {
  WarmPool pool(loop_, factory_, {.size = 1, .refillDelay = 1h}, {}, metrics_);
  Fleet fleet(loop_, pool, logs_, metrics_, {.maxCreating = 1});
  world_.holdMaking = true;
  acquireOf(fleet, fake::spec(world_, "f", 1), leaving_);
  ASSERT_EQ(world_.held.size(), 1u);
  leaving_.cancel();
  const auto fresh = acquireOf(fleet, fake::spec(world_, "f", 2), cancellation_);

  world_.release();

  ASSERT_TRUE(until([&] { return fresh->ended(); }));
  EXPECT_NE(fresh->lease(), nullptr);
  EXPECT_EQ(world_.created, 1);
  fresh->acquired.reset();
  fleet.close();
  pool.close();
  EXPECT_TRUE(emptied(pool));
}

TEST_F(CallOffTest, TheEndOfTheServerStartsNothingMore) {
  world_.holdWarming = true;
  const auto all = acquireMany(fake::spec(world_, "f"), 5);

  fleet_.close();
  world_.release();
  turn();

  EXPECT_EQ(world_.created, 1);
  EXPECT_EQ(world_.alive, 0);
}

}  // namespace
}  // namespace openfc::scheduler
