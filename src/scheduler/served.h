#pragma once

#include "base/clock.h"

#include <chrono>

namespace openfc::scheduler {

/// Who was served lately by an instance that was there. While others are, the start of many
/// instances at once takes its time, since what is under way would pay for its haste.
class Served {
public:
  /// How long a served invocation counts: whoever has fewer than four a second is not hindered
  /// noticeably.
  static constexpr std::chrono::milliseconds memory{250};

  /// Functions are told apart by their addresses, which are not followed.
  void note(const void* function, SteadyTime now) {
    if (last_.function != function) before_ = last_;
    last_ = {function, now};
  }
  bool anyoneBut(const void* function, SteadyTime now) const {
    return (last_.function != function ? last_ : before_).counts(now);
  }

private:
  struct Moment {
    const void* function = nullptr;
    SteadyTime at{};

    bool counts(SteadyTime now) const { return function != nullptr && now - at < memory; }
  };
  Moment last_;
  Moment before_;  // of another function than last_
};

}  // namespace openfc::scheduler
