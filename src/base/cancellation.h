#pragma once

#include "base/loop.h"

#include <utility>

namespace openfc {

/// Lets the side that waits for something call it off (a client went away). Both sides on the same
/// thread.
class Cancellation {
public:
  void cancel() {
    cancelled_ = true;
    if (function_) std::exchange(function_, nullptr)();
  }
  bool cancelled() const { return cancelled_; }
  /// What to do on cancel(); nullptr = nothing any more. Only one function at a time.
  void onCancel(Loop::Function function) { function_ = std::move(function); }

private:
  bool cancelled_ = false;
  Loop::Function function_;
};

}  // namespace openfc
