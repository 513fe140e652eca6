#pragma once

#include <sched.h>

#include <optional>

namespace openfc::sandbox::launcher {

/// Whether this thread may change the processors of other users' processes (CAP_SYS_NICE).
bool mayMoveOthers();

/// Leaves this thread and what it will start half of the processors that it may use, so that making
/// sandboxes never takes all of them from the invocations under way: much of it is one long stay
/// inside the kernel, which wakes nobody on its processor meanwhile. Returns those that it could
/// use; nothing, and nothing is changed, where there is only one, where there are more than the set
/// holds, and where it may not move others, since a copy, which has a user of its own, could then
/// not be given the others when it is adopted.
std::optional<cpu_set_t> keepToHalf();

}  // namespace openfc::sandbox::launcher
