#include "base/workers.h"

#include "base/manual_loop.h"

#include <gtest/gtest.h>

#include <future>
#include <string>

namespace openfc {
namespace {

Task<> work(Workers* workers, Loop* loop, std::string* out) {
  try {
    *out = co_await workers->run(Lane::parse, "a", *loop, [] { return std::string("done"); });
  } catch (const Stopped&) {
    *out = "stopped";
  }
}

/// A job that runs until the test lets it end.
class Held {
public:
  Held(Workers& workers, Lane lane, const std::string& account) {
    workers.post(lane, account, [this] {
      began_.set_value();
      open_.get_future().wait();
      ended_.set_value();
    });
  }
  void waitUntilItRuns() { began_.get_future().wait(); }
  void end() {
    open_.set_value();
    ended_.get_future().wait();
  }

private:
  std::promise<void> began_;
  std::promise<void> open_;
  std::promise<void> ended_;
};

/// Returns once a job of that lane and account has run.
void runOne(Workers& workers, Lane lane, const std::string& account) {
  std::promise<void> done;
  workers.post(lane, account, [&done] { done.set_value(); });
  done.get_future().wait();
}

TEST(Workers, ResumeTheirCallerOnItsLoop) {
  ManualLoop loop;
  std::string out;
  Workers workers(1);
  spawn(work(&workers, &loop, &out), "test");
  runOne(workers, Lane::parse, "a");
  EXPECT_EQ(out, "");

  workers.stop();
  loop.run();

  EXPECT_EQ(out, "done");
}

TEST(Workers, StopEndsWhatRunsAndDropsWhatWaits) {
  ManualLoop loop;
  Workers workers(1);
  std::promise<void> began;
  bool ended = false;
  std::string waiting;
  std::string late;
  workers.post(Lane::parse, "a", [&] {
    began.set_value();
    while (!workers.stopping().stop_requested()) std::this_thread::yield();
    ended = true;
  });
  spawn(work(&workers, &loop, &waiting), "test");
  began.get_future().wait();

  workers.stop();
  spawn(work(&workers, &loop, &late), "test");
  loop.run();

  EXPECT_TRUE(ended);
  EXPECT_EQ(waiting, "stopped");
  EXPECT_EQ(late, "stopped");
}

TEST(Workers, OfOneLaneDoNotHoldUpAnother) {
  Workers workers(1);
  Held unpacking(workers, Lane::publish, "a");
  unpacking.waitUntilItRuns();

  for (std::size_t lane = 0; lane < laneCount; ++lane) {
    if (static_cast<Lane>(lane) != Lane::publish) runOne(workers, static_cast<Lane>(lane), "a");
  }

  unpacking.end();
}

TEST(Workers, LeaveAThreadToOtherAccounts) {
  Workers workers(3);
  Held first(workers, Lane::publish, "a");
  Held second(workers, Lane::publish, "a");
  first.waitUntilItRuns();
  second.waitUntilItRuns();
  std::promise<void> third;
  workers.post(Lane::publish, "a", [&third] { third.set_value(); });

  runOne(workers, Lane::publish, "b");
  runOne(workers, Lane::publish, "b");
  auto waits = third.get_future();
  EXPECT_EQ(waits.wait_for(std::chrono::seconds(0)), std::future_status::timeout);

  first.end();
  waits.wait();
  second.end();
}

TEST(Workers, LetAccountsTakeTurns) {
  Workers workers(1);
  Held first(workers, Lane::publish, "a");
  first.waitUntilItRuns();
  std::string order;
  std::promise<void> last;
  for (const char* account : {"a", "a", "a", "b", "c", "b"}) {
    workers.post(Lane::publish, account, [&order, &last, account] {
      order += account;
      if (order.size() == 6) last.set_value();
    });
  }

  first.end();
  last.get_future().wait();

  EXPECT_EQ(order, "abcaba");
}

}  // namespace
}  // namespace openfc
