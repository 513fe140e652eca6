#pragma once

#include "base/fd.h"

namespace openfc::sandbox::launcher {

/// The two ends of a socket or pipe: ours is non-blocking, theirs is for a child.
struct Pair {
  Fd ours;
  Fd theirs;
};

Pair controlPair();  // a stream of bytes
Pair packetPair();   // packets
Pair outputPipe();   // we read

}  // namespace openfc::sandbox::launcher
