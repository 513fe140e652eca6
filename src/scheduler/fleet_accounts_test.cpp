// Several accounts on one node.

#include "scheduler/test_fleet.h"

namespace openfc::scheduler {
namespace {

constexpr std::uint64_t instanceMemory = 128u << 20;

class AccountsTest : public FleetTest {
protected:
  explicit AccountsTest(FleetConfig config = {.maxConcurrency = 2,
                                              .memory = 8 * instanceMemory,
                                              .accounts = {"1", "2"},
                                              .admissionWait = 20ms,
                                              .freezeAfter = 1h,
                                              .reclaimAfter = 1h})
      : FleetTest(std::move(config)) {}

  SpecPtr of(const std::string& account, const std::string& name) {
    auto spec = fake::spec(world_, name);
    spec->key = account + "/s/LATEST/" + name;
    spec->configuration.accountId = account;
    return spec;
  }
  /// `count` instances that are lent, each of a function of its own.
  std::vector<std::shared_ptr<Got>> hold(const std::string& account, int count) {
    std::vector<std::shared_ptr<Got>> all;
    all.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) all.push_back(acquireNow(of(account, "f" + std::to_string(i))));
    return all;
  }
};

TEST_F(AccountsTest, EachHasALimitOfConcurrencyOfItsOwn) {
  const auto held = hold("1", 2);

  const auto beyond = acquireNow(of("1", "g"));
  const auto other = acquireNow(of("2", "g"));

  ASSERT_TRUE(beyond->error);
  EXPECT_EQ(beyond->error->code(), Code::resourceExhausted);
  EXPECT_EQ(beyond->error->message(),
            "the number of concurrent invocations of account 1 exceeds the limit (2, "
            "maxConcurrency)");
  EXPECT_NE(other->lease(), nullptr);
}

TEST_F(AccountsTest, WhatEndsCountsNoMore) {
  for (int round = 0; round < 3; ++round) {
    const auto held = hold("1", 2);
    for (const auto& got : held) EXPECT_NE(got->lease(), nullptr);
  }
}

/// Two accounts, each with a share of two instances among eight.
class SharesTest : public AccountsTest {
protected:
  SharesTest()
      : AccountsTest({.memory = 8 * instanceMemory,
                      .accounts = {"1", "2"},
                      .accountShare = 0.5,
                      .admissionWait = 20ms,
                      .freezeAfter = 1h,
                      .reclaimAfter = 1h}) {}
};

TEST_F(SharesTest, OneLeavesTheOtherItsShare) {
  const auto held = hold("1", 6);

  const auto beyond = acquireNow(of("1", "g"));
  const auto others = hold("2", 2);

  ASSERT_TRUE(beyond->error);
  EXPECT_EQ(beyond->error->code(), Code::resourceThrottled);
  EXPECT_TRUE(beyond->error->message().contains("set aside for other accounts (accountShare)"));
  for (const auto& got : others) EXPECT_NE(got->lease(), nullptr);
}

TEST_F(SharesTest, IdleInstancesOfWhoIsBeyondItsShareGoFirst) {
  hold("2", 2);  // idle at once, and the oldest
  hold("1", 6);
  ASSERT_EQ(world_.alive, 8);

  const auto mine = acquireNow(of("2", "g"));

  EXPECT_NE(mine->lease(), nullptr);
  EXPECT_EQ(fleet_.instances("2/s/LATEST/f0", "").size(), 1u);
  EXPECT_EQ(fleet_.instances("1/s/LATEST/f0", "").size(), 0u);
}

TEST_F(SharesTest, NothingOfWhoKeepsToItsShareIsEnded) {
  hold("2", 2);
  const auto held = hold("1", 6);

  const auto beyond = acquireNow(of("1", "g"));

  EXPECT_TRUE(beyond->error);
  EXPECT_EQ(fleet_.instances("2/s/LATEST/f0", "").size(), 1u);
  EXPECT_EQ(fleet_.instances("2/s/LATEST/f1", "").size(), 1u);
}

TEST_F(SharesTest, WhoHasLeastGoesFirst) {
  auto held = hold("1", 6);
  const auto others = hold("2", 2);
  auto more = acquire(of("1", "g"));   // waits longer …
  auto first = acquire(of("2", "g"));  // … than this one, whose account has less

  held[0]->acquired.reset();
  ASSERT_TRUE(until([&] { return first->ended() && more->ended(); }));

  EXPECT_NE(first->lease(), nullptr);
  EXPECT_TRUE(more->error);
}

class AccountMemoryTest : public AccountsTest {
protected:
  AccountMemoryTest()
      : AccountsTest({.memory = 8 * instanceMemory,
                      .accountMemory = 2 * instanceMemory,
                      .admissionWait = 20ms,
                      .freezeAfter = 1h,
                      .reclaimAfter = 1h}) {}
};

TEST_F(AccountMemoryTest, BoundsAnAccountAlone) {
  const auto held = hold("1", 2);

  const auto beyond = acquireNow(of("1", "g"));

  ASSERT_TRUE(beyond->error);
  EXPECT_EQ(beyond->error->code(), Code::resourceThrottled);
  EXPECT_TRUE(beyond->error->message().contains("may have 256 MB (accountMemory)"));
  EXPECT_NE(acquireNow(of("2", "g"))->lease(), nullptr);
}

TEST_F(AccountMemoryTest, EndsItsOwnIdleInstancesAlone) {
  hold("2", 2);
  hold("1", 2);

  EXPECT_NE(acquireNow(of("1", "g"))->lease(), nullptr);

  EXPECT_EQ(fleet_.instances("2/s/LATEST/f0", "").size(), 1u);
  EXPECT_EQ(fleet_.instances("1/s/LATEST/f0", "").size(), 0u);
}

}  // namespace
}  // namespace openfc::scheduler
