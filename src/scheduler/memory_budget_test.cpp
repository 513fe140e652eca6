#include "scheduler/memory_budget.h"

#include <gtest/gtest.h>

namespace openfc::scheduler {
namespace {

using Lack = MemoryBudget::Lack;

TEST(MemoryBudget, ASingleAccountMayUseTheWholeNode) {
  MemoryBudget budget({.capacity = 100, .accounts = {"a"}, .shared = 0.5});

  EXPECT_TRUE(budget.fits("a", 100));
  EXPECT_EQ(budget.lack("a", 101), Lack::node);
}

TEST(MemoryBudget, LeavesOthersTheirShareWhetherTheyUseItOrNot) {
  MemoryBudget budget({.capacity = 100, .accounts = {"a", "b"}, .shared = 0.5});

  EXPECT_TRUE(budget.fits("a", 75));
  EXPECT_EQ(budget.lack("a", 76), Lack::shares);
  budget.add("b", 10);  // part of its share
  EXPECT_TRUE(budget.fits("a", 75));
  budget.add("b", 30);  // beyond
  EXPECT_TRUE(budget.fits("a", 60));
  EXPECT_FALSE(budget.fits("a", 61));
}

TEST(MemoryBudget, EachAccountGetsItsShareWhateverTheOthersTook) {
  MemoryBudget budget({.capacity = 120, .accounts = {"a", "b", "c"}, .shared = 0.5});
  budget.add("a", 80);
  EXPECT_FALSE(budget.fits("a", 1));

  EXPECT_TRUE(budget.fits("b", 20));
  EXPECT_FALSE(budget.fits("b", 21));
  budget.add("b", 20);
  EXPECT_TRUE(budget.fits("c", 20));
}

TEST(MemoryBudget, GivesBackWhatIsRemoved) {
  MemoryBudget budget({.capacity = 100, .accounts = {"a", "b"}, .shared = 0.5});
  budget.add("a", 75);

  budget.remove("a", 75);

  EXPECT_EQ(budget.used(), 0u);
  EXPECT_TRUE(budget.fits("b", 75));
  EXPECT_FALSE(budget.fits("b", 76));
}

TEST(MemoryBudget, AnAccountWithoutAShareLeavesAllOfThem) {
  MemoryBudget budget({.capacity = 100, .accounts = {"a", "b"}, .shared = 0.5});

  EXPECT_TRUE(budget.fits("z", 50));
  EXPECT_EQ(budget.lack("z", 51), Lack::shares);
}

TEST(MemoryBudget, KeepsAnAccountToALimitOfItsOwn) {
  MemoryBudget budget({.capacity = 100, .perAccount = 30});
  budget.add("a", 30);

  EXPECT_EQ(budget.lack("a", 1), Lack::account);
  EXPECT_TRUE(budget.fits("b", 30));
}

TEST(MemoryBudget, TellsWhatIsBeyondAShare) {
  MemoryBudget budget({.capacity = 100, .accounts = {"a", "b"}, .shared = 0.5});
  budget.add("a", 30);
  budget.add("b", 20);
  budget.add("z", 5);

  EXPECT_EQ(budget.beyondShare("a"), 5u);
  EXPECT_EQ(budget.beyondShare("b"), 0u);
  EXPECT_EQ(budget.beyondShare("z"), 5u);
}

}  // namespace
}  // namespace openfc::scheduler
