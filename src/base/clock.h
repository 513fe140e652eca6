#pragma once

#include <chrono>

namespace openfc {

using Duration = std::chrono::nanoseconds;
using Time = std::chrono::system_clock::time_point;        // UTC
using SteadyTime = std::chrono::steady_clock::time_point;  // for deadlines and durations

/// Time as a parameter, so that tests can set it. Implementations are thread-safe.
class Clock {
public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
  virtual SteadyTime steady() const = 0;
};

class SystemClock final : public Clock {
public:
  Time now() const override { return std::chrono::system_clock::now(); }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace openfc
