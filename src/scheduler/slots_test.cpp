#include "scheduler/slots.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>

namespace openfc::scheduler {
namespace {

class SlotsTest : public testing::Test {
protected:
  /// Who goes lets others in.
  void TearDown() override {
    while (!inside_.empty()) leaveFirst();
  }

  /// Stands in the queue; who is let in is written down and stays until it is sent away.
  void enter(const std::string& queue) { spawn(come(queue), "a holder of a slot"); }
  void leaveFirst() {
    const auto first = std::move(inside_.front());
    inside_.pop_front();  // before its slot goes to the next one, who comes in at once
  }
  std::string entered() const { return entered_; }

private:
  Task<> come(std::string queue) {
    Slots::Slot slot = co_await slots_.take(queue);
    entered_ += queue;
    inside_.push_back(std::make_unique<Slots::Slot>(std::move(slot)));
  }

  Slots slots_{2};
  std::string entered_;
  std::deque<std::unique_ptr<Slots::Slot>> inside_;
};

TEST_F(SlotsTest, LetsOnlySoManyIn) {
  for (int i = 0; i < 4; ++i) enter("a");
  EXPECT_EQ(entered(), "aa");

  leaveFirst();

  EXPECT_EQ(entered(), "aaa");
}

TEST_F(SlotsTest, QueuesTakeTurns) {
  for (int i = 0; i < 6; ++i) enter("a");
  enter("b");
  enter("c");
  enter("b");

  for (int i = 0; i < 7; ++i) leaveFirst();

  EXPECT_EQ(entered(), "aaabcabaa");
}

}  // namespace
}  // namespace openfc::scheduler
