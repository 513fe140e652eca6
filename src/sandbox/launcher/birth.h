#pragma once

#include "base/fd.h"
#include "sandbox/launcher/defences.h"

#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// What one sandbox's first process gets. Descriptors are the launcher's; the child has copies of
/// them.
struct BirthPlan {
  Defences defences;
  std::span<const Fd> entrances;  // cgroup.procs of its groups
  std::span<const sock_filter> filter;
  int control = -1;   // becomes descriptor 3
  int output = -1;    // 1 and 2
  int null = -1;      // 0
  int launcher = -1;  // pidfd of this process: readable when it is gone
  uid_t user = 0;     // and group
  rlim_t files = 0;   // the most open descriptors of a process
  std::string tmpOptions;
};

struct Born {
  pid_t process = 0;
  Fd pidfd;
};

/// Makes processes in namespaces of their own. The child borrows this program's memory until it has
/// executed init (clone with CLONE_VM and CLONE_VFORK: no page tables are copied), on a stack that
/// this object keeps.
class Birth {
public:
  Birth();
  /// Call inside the mount namespace of the root tree. Returns when the child has executed init.
  /// Throws std::runtime_error with the step that failed.
  Born bear(const BirthPlan& plan);

private:
  std::vector<std::byte> stack_;
};

/// Of a sandbox that has not been adopted.
constexpr std::uint64_t defaultTmpSize = std::uint64_t{512} << 20;
constexpr std::uint64_t defaultMemory = std::uint64_t{512} << 20;

/// The data of a tmpfs mount at /tmp: its size and number of files.
std::string tmpOptionsOf(std::uint64_t size, const Defences& defences);

}  // namespace openfc::sandbox::launcher
