#pragma once

#include "base/clock.h"

#include <cstdint>
#include <functional>

namespace openfc {

/// One event loop: runs functions one after another on one thread. net::EventLoop is the real one;
/// tests may bring a loop whose time they set.
class Loop {
public:
  using Function = std::move_only_function<void()>;
  using TimerId = std::uint64_t;

  virtual ~Loop() = default;
  /// Runs `function` later on the loop's thread. Thread-safe.
  virtual void post(Function function) = 0;
  /// Runs `function` once `delay` from now. Loop thread only, as the rest.
  virtual TimerId after(Duration delay, Function function) = 0;
  /// Forgets the timer; harmless when it has run.
  virtual void cancel(TimerId timer) = 0;
  virtual SteadyTime steady() const = 0;
};

}  // namespace openfc
