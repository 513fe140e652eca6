#pragma once

#include "base/loop.h"

#include <utility>

namespace openfc {

/// A timer that is forgotten at the end of its scope, however that ends.
class ScopedTimer {
public:
  ScopedTimer(Loop& loop, Duration delay, Loop::Function function)
      : loop_(loop), timer_(loop.after(delay, std::move(function))) {}
  ~ScopedTimer() { loop_.cancel(timer_); }
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;

private:
  Loop& loop_;
  Loop::TimerId timer_;
};

}  // namespace openfc
