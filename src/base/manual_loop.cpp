#include "base/manual_loop.h"

#include <algorithm>

namespace openfc {

void ManualLoop::post(Function function) {
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(function));
}

Loop::TimerId ManualLoop::after(Duration delay, Function function) {
  timers_.emplace(std::pair(steady() + delay, ++last_), std::move(function));
  return last_;
}

void ManualLoop::cancel(TimerId timer) {
  std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
}

Time ManualLoop::now() const {
  return start_ + std::chrono::duration_cast<Time::duration>(passed_ - std::chrono::hours(1));
}

void ManualLoop::run() {
  while (true) {
    std::deque<Function> batch;
    {
      const std::lock_guard lock(mutex_);
      batch.swap(posted_);
    }
    if (batch.empty()) return;
    for (Function& function : batch) function();
  }
}

void ManualLoop::advance(Duration step) {
  const Duration end = passed_ + step;
  run();
  while (!timers_.empty() && timers_.begin()->first.first <= SteadyTime(end)) {
    auto next = timers_.extract(timers_.begin());
    passed_ = std::max(passed_, next.key().first.time_since_epoch());
    next.mapped()();
    run();
  }
  passed_ = end;
}

}  // namespace openfc
