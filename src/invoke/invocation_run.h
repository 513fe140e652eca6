#pragma once

#include "invoke/invoker.h"
#include "net/event_loop.h"
#include "scheduler/fleet.h"

#include <memory>

namespace openfc::invoke {

/// What an invocation came to in its instance.
struct Ran {
  Outcome outcome;
  bool timedOut = false;
};

/// One invocation in the instance of `lease`, within the function's time; the instance's end if it
/// does not come back, or if the caller leaves and it serves nobody else. `cancellation` must live
/// until the task ends.
Task<Ran> runIn(net::EventLoop& loop, scheduler::Lease lease, runtime::Call call,
                std::shared_ptr<scheduler::InvocationLog> log, Cancellation& cancellation);

}  // namespace openfc::invoke
