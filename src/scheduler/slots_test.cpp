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

  /// Stands in the queue of the account of its first letter; who is let in is written down and
  /// stays until it is sent away.
  void enter(const std::string& queue) { enter(queue, never_); }
  void enter(const std::string& queue, Cancellation& cancellation) {
    spawn(come(queue, &cancellation), "a holder of a slot");
  }
  void leaveFirst() {
    const auto first = std::move(inside_.front());
    inside_.pop_front();  // before its slot goes to the next one, who comes in at once
  }
  std::string entered() const { return entered_; }

private:
  Task<> come(std::string queue, Cancellation* cancellation) {
    auto slot = co_await slots_.take(queue.substr(0, 1), queue, *cancellation);
    if (!slot) co_return;
    entered_ += queue;
    inside_.push_back(std::make_unique<Slots::Slot>(std::move(*slot)));
  }

  Slots slots_{2};
  Cancellation never_;
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

TEST_F(SlotsTest, AccountsTakeTurnsHoweverManyQueuesTheyHave) {
  for (const char* queue : {"a1", "a1", "a1", "a2", "a3", "b1", "b1"}) enter(queue);

  for (int i = 0; i < 5; ++i) leaveFirst();

  EXPECT_EQ(entered(), "a1a1a1b1a2b1a3");
}

TEST_F(SlotsTest, WhoIsCalledOffGivesItsTurnToTheNext) {
  Cancellation cancellation;
  for (int i = 0; i < 2; ++i) enter("a");
  enter("b", cancellation);
  enter("c");

  cancellation.cancel();
  for (int i = 0; i < 2; ++i) leaveFirst();

  EXPECT_EQ(entered(), "aac");
}

TEST_F(SlotsTest, LetsNobodyInWhoWasCalledOffBefore) {
  Cancellation cancellation;
  cancellation.cancel();

  enter("a", cancellation);

  EXPECT_EQ(entered(), "");
}

}  // namespace
}  // namespace openfc::scheduler
