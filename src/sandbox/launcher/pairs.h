#pragma once

#include "base/fd.h"

#include <sys/types.h>

namespace openfc::sandbox::launcher {

/// The two ends of a socket or pipe: ours is non-blocking, theirs is for a child.
struct Pair {
  Fd ours;
  Fd theirs;
};

Pair controlPair();  // a stream of bytes
Pair packetPair();   // packets
Pair outputPipe();   // we read
Pair inputPipe();    // we write
/// A terminal that is the user's: ours is its far end.
Pair terminalPair(uid_t user);

}  // namespace openfc::sandbox::launcher
