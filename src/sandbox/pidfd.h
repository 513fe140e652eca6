#pragma once

#include "base/fd.h"

#include <sys/types.h>

namespace openfc::sandbox {

/// A descriptor of a process: readable when it has ended. Throws SystemError.
Fd pidfdOf(pid_t process);
/// A copy of a descriptor of the process. Throws SystemError.
Fd descriptorOf(int pidfd, int descriptor);
/// False: it has ended, or may not be signalled by us.
bool signalPidfd(int pidfd, int signal);
/// Kills a child and reaps it. One that the kernel does not let go within a few seconds stays.
void endChild(int pidfd);

}  // namespace openfc::sandbox
