#pragma once

#include "base/error.h"
#include "scheduler/fleet.h"

#include <deque>

namespace openfc::scheduler {

/// An invocation that waits for an instance.
struct Fleet::Waiter {
  runtime::Call call;
  std::shared_ptr<InvocationLog> log;
  OneShot<std::variant<std::monostate, Lease, StartFailure, Error>> answer;
  bool triggering = false;          // an instance is being started for it
  bool cold = false;                // … and came up
  std::optional<StartTimes> start;  // of that instance
  bool timed = false;               // its admission timer runs
};

/// What the fleet knows of one function version.
struct Fleet::Function {
  SpecPtr spec;
  bool retired = false;
  bool blocked = false;
  std::vector<std::shared_ptr<Instance>> instances;  // all that live
  std::vector<Instance*> available;                  // with room, the most recently used last
  std::deque<std::shared_ptr<Waiter>> waiters;
  std::size_t starting = 0;
};

}  // namespace openfc::scheduler
