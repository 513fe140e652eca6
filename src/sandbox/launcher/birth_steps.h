#pragma once

#include "sandbox/launcher/birth.h"

#include <cstddef>

namespace openfc::sandbox::launcher {

/// What the child tells its parent through the memory they share.
struct Labour {
  const BirthPlan* plan = nullptr;
  int signOfLife = -1;  // closes when the child is done
  const char* step = nullptr;
  int error = 0;
};

/// The child's life up to its program: it allocates nothing, throws nothing, and never returns.
int liveUntilInit(void* labour);
int liveUntilZygote(void* labour);
int liveAsVisitor(void* labour);

/// For a copy of a zygote: makes it what init's program is in the sandbox of `plan.sandbox`, in the
/// same steps. Descriptors above 3 stay for the caller to close. False: `step` failed, and the
/// process must end.
bool liveInSandbox(Labour& labour);

}  // namespace openfc::sandbox::launcher
