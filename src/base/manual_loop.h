#pragma once

#include "base/loop.h"

#include <deque>
#include <map>
#include <mutex>
#include <utility>

namespace openfc {

/// A loop and clock for tests: nothing runs until the test says so, and time moves only by
/// advance().
class ManualLoop final : public Loop, public Clock {
public:
  explicit ManualLoop(Time start = Time(std::chrono::seconds(1'646'121'600))) : start_(start) {}

  void post(Function function) override;
  TimerId after(Duration delay, Function function) override;
  void cancel(TimerId timer) override;
  SteadyTime steady() const override { return SteadyTime(passed_); }
  Time now() const override;

  /// Runs what was posted until nothing is left.
  void run();
  /// Moves time on, firing timers in order, and runs what they post.
  void advance(Duration step);

private:
  std::mutex mutex_;  // post() may come from other threads
  std::deque<Function> posted_;
  std::map<std::pair<SteadyTime, TimerId>, Function> timers_;
  TimerId last_ = 0;
  Time start_;
  Duration passed_ = std::chrono::hours(1);
};

}  // namespace openfc
