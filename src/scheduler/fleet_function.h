#pragma once

#include "base/error.h"
#include "scheduler/fleet.h"

#include <deque>

namespace openfc::scheduler {

/// An invocation that waits for an instance.
struct FleetWaiter {
  runtime::Call call;
  std::shared_ptr<InvocationLog> log;
  OneShot<std::variant<std::monostate, Lease, StartFailure, Error>> answer;
  bool ofNobody = false;            // stands for an instance that is to be kept ready
  bool triggering = false;          // an instance is being started for it
  bool cold = false;                // … and came up
  std::optional<StartTimes> start;  // of that instance
  bool timed = false;               // its admission timer runs
};

/// The instances started on demand for one function under one qualifier, of all versions that the
/// qualifier may lead to.
struct FleetOnDemand {
  std::optional<std::size_t> most;
  std::size_t instances = 0;  // that live or are being started
};

/// The instances that are kept ready for one function version under one qualifier.
struct FleetReady {
  std::size_t wanted = 0;
  bool awake = false;                // they are not frozen between invocations
  std::size_t kept = 0;              // that live and are not retired
  std::size_t starting = 0;          // part of the function's
  std::size_t running = 0;           // invocations in them
  std::vector<Instance*> available;  // with room, the most recently used last

  std::string error;  // why there are fewer than wanted
  int failures = 0;   // in a row
  SteadyTime lastFailure{};
  bool pausing = false;  // after a failure

  Duration used{};  // invocations × time
  Duration had{};   // room for invocations × time
  SteadyTime measuredAt{};

  bool lacks() const { return kept + starting < wanted; }
};

/// What the fleet knows of one function version under one qualifier: instances that were made for
/// an alias serve it alone.
struct FleetFunction {
  SpecPtr spec;
  FleetOnDemand* onDemand = nullptr;
  FleetReady ready;
  bool retired = false;
  bool blocked = false;
  std::vector<std::shared_ptr<Instance>> instances;  // all that live
  std::vector<Instance*> available;  // on demand, with room, the most recently used last
  std::deque<std::shared_ptr<FleetWaiter>> waiters;
  std::size_t starting = 0;
};

}  // namespace openfc::scheduler
