#include "scheduler/served.h"

#include <gtest/gtest.h>

namespace openfc::scheduler {
namespace {

using namespace std::chrono_literals;

class ServedTest : public testing::Test {
protected:
  SteadyTime at(std::chrono::milliseconds moment) { return SteadyTime{} + 1h + moment; }

  int a_ = 0;
  int b_ = 0;
  Served served_;
};

TEST_F(ServedTest, NobodyIsAtFirst) { EXPECT_FALSE(served_.anyoneBut(&a_, at(0ms))); }

TEST_F(ServedTest, OneIsNotAnotherForItself) {
  served_.note(&a_, at(0ms));

  EXPECT_FALSE(served_.anyoneBut(&a_, at(1ms)));
  EXPECT_TRUE(served_.anyoneBut(&b_, at(1ms)));
}

TEST_F(ServedTest, TheOneBeforeCountsForTheLast) {
  served_.note(&a_, at(0ms));
  served_.note(&b_, at(1ms));
  served_.note(&b_, at(2ms));

  EXPECT_TRUE(served_.anyoneBut(&b_, at(3ms)));
  EXPECT_TRUE(served_.anyoneBut(&a_, at(3ms)));
}

TEST_F(ServedTest, IsForgotten) {
  served_.note(&a_, at(0ms));

  EXPECT_TRUE(served_.anyoneBut(&b_, at(Served::memory - 1ms)));
  EXPECT_FALSE(served_.anyoneBut(&b_, at(Served::memory)));
}

}  // namespace
}  // namespace openfc::scheduler
