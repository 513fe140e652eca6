#pragma once

#include "base/error.h"
#include "scheduler/fleet.h"

#include <deque>
#include <list>
#include <memory>
#include <string>

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

/// An account whose functions the fleet knows, or knew. Lives as long as the fleet.
struct FleetAccount {
  std::string id;
  std::size_t inFlight = 0;   // leases and waiters
  std::uint64_t leaving = 0;  // memory of its instances whose preStop hook is under way
};

/// An instance that is being started, until it is up, has failed or is not wanted any more.
struct FleetStart {
  SpecPtr spec;
  std::shared_ptr<FleetWaiter> trigger;
  Cancellation cancellation;     // nobody counts on it any more
  bool queued = true;            // nothing is being made for it yet
  std::shared_ptr<Guest> guest;  // adopted for it
};

/// The instances started on demand for one function under one qualifier, of all versions that the
/// qualifier may lead to.
struct FleetOnDemand {
  std::string name;
  std::optional<std::size_t> most;
  std::size_t instances = 0;  // that live or are being started
  std::size_t functions = 0;  // that the fleet knows and that count here
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
  std::optional<Loop::TimerId> pause;  // after a failure, until it is over

  Duration used{};  // invocations × time
  Duration had{};   // room for invocations × time
  SteadyTime measuredAt{};

  bool lacks() const { return kept + starting < wanted; }
  bool exceeds() const { return kept + starting > wanted; }
};

/// What the fleet knows of one function version under one qualifier: instances that were made for
/// an alias serve it alone. Owned by the fleet, and shared with what outlasts the fleet's interest:
/// timers, waiting invocations, and leases of dead instances.
struct FleetFunction : std::enable_shared_from_this<FleetFunction> {
  std::string place;  // where the fleet has it
  SpecPtr spec;
  FleetAccount* account = nullptr;
  std::shared_ptr<FleetOnDemand> onDemand;  // shared by versions; nothing once it is forgotten
  FleetReady ready;
  bool retired = false;
  bool blocked = false;
  std::vector<std::shared_ptr<Instance>> instances;  // all that live
  std::vector<Instance*> available;  // on demand, with room, the most recently used last
  std::deque<std::shared_ptr<FleetWaiter>> waiters;
  std::list<std::shared_ptr<FleetStart>> starts;  // the oldest first
  std::size_t starting = 0;                       // of these, that are not called off

  /// Nothing of it lives, waits or is wanted. What was measured of provisioned instances is kept
  /// for as long as the function is there.
  bool forgettable() const {
    return instances.empty() && waiters.empty() && starts.empty() && !blocked &&
           ready.wanted == 0 && (retired || ready.had == Duration::zero());
  }
};

}  // namespace openfc::scheduler
