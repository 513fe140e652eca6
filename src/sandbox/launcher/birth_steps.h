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

/// The child's life up to init: it allocates nothing, throws nothing, and returns only when a step
/// failed.
int liveUntilInit(void* labour);

}  // namespace openfc::sandbox::launcher
