// Starts of many instances while others are served.

#include "scheduler/policy.h"
#include "scheduler/test_fleet.h"

namespace openfc::scheduler {
namespace {

class FleetTurnTest : public FleetTest {
protected:
  static constexpr int many = 10;

  /// An instance of another function that answers again and again.
  void serve(const SpecPtr& other) { acquireNow(other)->acquired.reset(); }

  std::vector<std::shared_ptr<Got>> acquireMany(const SpecPtr& spec) {
    std::vector<std::shared_ptr<Got>> all;
    all.reserve(many);
    for (int i = 0; i < many; ++i) all.push_back(acquire(spec));
    return all;
  }

  static bool allLent(const std::vector<std::shared_ptr<Got>>& all) {
    return std::ranges::all_of(all, [](const auto& got) { return got->lease() != nullptr; });
  }
};

TEST_F(FleetTurnTest, FewAreMadeAtOnceAndTheRestOneAtATime) {
  const auto other = fake::spec(world_, "other");
  serve(other);
  serve(other);  // by an instance that was there
  world_.holdWarming = true;
  const auto all = acquireMany(fake::spec(world_, "f"));

  const int atOnce = static_cast<int>(policy::promptStarts);
  ASSERT_TRUE(until([&] { return world_.created == 1 + atOnce + 1; }));
  EXPECT_EQ(world_.held.size(), static_cast<std::size_t>(atOnce) + 1);

  world_.release();
  EXPECT_TRUE(until([&] { return allLent(all); }));
  EXPECT_EQ(world_.created, 1 + many);
}

TEST_F(FleetTurnTest, AllAreMadeAsFastAsMayBeWhereNobodyElseIsServed) {
  const auto spec = fake::spec(world_, "f");
  serve(spec);
  serve(spec);
  const auto all = acquireMany(spec);

  EXPECT_TRUE(until([&] { return allLent(all); }));
  EXPECT_EQ(world_.created, many);
}

TEST_F(FleetTurnTest, WhoseTurnDoesNotComeMakesItsOwn) {
  const auto other = fake::spec(world_, "other");
  serve(other);
  serve(other);
  world_.warmReply = runtime::Gone{"it ended"};  // the pool gives up; fakes load all the same
  const auto all = acquireMany(fake::spec(world_, "f"));

  EXPECT_TRUE(until([&] { return allLent(all); }));
}

TEST_F(FleetTurnTest, NobodyWaitsLongForThePool) {
  const auto other = fake::spec(world_, "other");
  serve(other);
  serve(other);
  world_.holdWarming = true;  // the pool's guest too
  const auto all = acquireMany(fake::spec(world_, "f"));
  const int withThePools = 1 + static_cast<int>(policy::promptStarts) + 1;
  ASSERT_TRUE(until([&] { return world_.created == withThePools; }));

  EXPECT_TRUE(until([&] { return world_.created == withThePools + 1; }));

  world_.release();
  EXPECT_TRUE(until([&] { return allLent(all); }));
}

TEST_F(FleetTurnTest, NobodyWaitsForAPoolThatIsClosed) {
  const auto other = fake::spec(world_, "other");
  serve(other);
  serve(other);
  world_.holdWarming = true;
  const auto all = acquireMany(fake::spec(world_, "f"));
  ASSERT_TRUE(until([&] { return world_.created >= 3; }));

  fleet_.close();
  warm_.close();
  world_.release();

  EXPECT_TRUE(emptied(warm_));
  for (const auto& got : all) EXPECT_TRUE(got->error || got->lease() != nullptr);
}

}  // namespace
}  // namespace openfc::scheduler
