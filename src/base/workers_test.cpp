#include "base/workers.h"

#include "base/manual_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

namespace openfc {
namespace {

Task<> work(Workers* workers, Loop* loop, std::string* out) {
  try {
    *out = co_await workers->run(*loop, [] { return std::string("from a worker"); });
  } catch (const Stopped&) {
    *out = "stopped";
  }
}

Task<> runOn(Workers* workers, Loop* loop, std::function<void()> job, bool* ended) {
  co_await workers->run(*loop, [&job] { job(); });
  *ended = true;
}

TEST(Workers, ResumeTheirCallerOnItsLoop) {
  ManualLoop loop;
  std::string out;
  std::promise<void> done;
  Workers workers(1);
  spawn(work(&workers, &loop, &out), "test");
  workers.post([&done] { done.set_value(); });
  done.get_future().wait();
  EXPECT_EQ(out, "");

  workers.stop();
  loop.run();

  EXPECT_EQ(out, "from a worker");
}

TEST(Workers, StopEndsWhatRunsAndDropsWhatWaits) {
  ManualLoop loop;
  Workers workers(1);
  std::promise<void> began;
  bool ended = false;
  std::string waiting;
  std::string late;
  spawn(runOn(
            &workers, &loop,
            [&] {
              began.set_value();
              while (!workers.stopping().stop_requested()) std::this_thread::yield();
            },
            &ended),
        "test");
  spawn(work(&workers, &loop, &waiting), "test");
  began.get_future().wait();

  workers.stop();
  spawn(work(&workers, &loop, &late), "test");
  loop.run();

  EXPECT_TRUE(ended);
  EXPECT_EQ(waiting, "stopped");
  EXPECT_EQ(late, "stopped");
}

}  // namespace
}  // namespace openfc
