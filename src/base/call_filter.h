#pragma once

#include <linux/filter.h>

#include <span>
#include <vector>

/// What programs of ours take from themselves: system calls that they never make, and that would
/// help whoever took one of them over. (What functions may call is the sandboxes' affair, and a
/// list of what is allowed.)
namespace openfc {

enum class Guarded {
  launcher,  // mounts, and makes and enters namespaces
  zygote,    // enters namespaces
  server,
  resolver,  // starts no program
};

std::span<const long> refusedCalls(Guarded program);

/// A program for the kernel: these calls, and all of another architecture, fail with EPERM.
std::vector<sock_filter> refusalFilter(Guarded program);

/// For all threads of this process and whatever they start. Needs no_new_privs or CAP_SYS_ADMIN.
/// Throws SystemError.
void giveUpCalls(Guarded program);

}  // namespace openfc
