#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Where the kernels' control groups differ: version 2 alone, version 1 controllers beside a
/// version 2 hierarchy that only freezes and kills, and neither.
namespace openfc::sandbox::launcher {

/// One row a world.
struct World {
  std::string_view name;
  std::string_view usage;  // file names
  std::string_view peak;
  std::string_view oomCounter;    // holds the line "oom_kill N"
  std::string_view killTogether;  // "1" there: out of memory, the whole group is killed; "" = none
  void (*limitMemory)(const std::string& directory, std::uint64_t bytes);
  void (*limitCpu)(const std::string& directory, std::uint64_t memory);
  bool (*makeReady)(const std::string& parent);  // lets children of `parent` have limits
};

/// The directories of the hierarchies in which this program may make groups; "" = there is none.
struct Layout {
  const World* world = nullptr;
  std::string freezer;  // cgroup.freeze, cgroup.kill, cgroup.events: version 2
  std::string memory;
  std::string cpu;
  std::string pids;

  std::vector<std::string> directories() const;  // each once
};

/// From /proc/self/mountinfo and /proc/self/cgroup. A service manager's unit makes its groups below
/// its own group, everything else at the top of what it sees.
Layout layoutOf(std::string_view mountinfo, std::string_view ownGroups);

/// FC gives processor time in proportion to memory. The weight does; the quota is one core up
/// to 1.5 GB, so that small functions start quickly, and memory / 1.5 GB cores beyond.
struct CpuShare {
  std::uint64_t weight;        // version 2: 1 … 10000, 100 = 1 GB
  std::uint64_t shares;        // version 1: 1024 = 1 GB
  std::uint64_t quotaOf100ms;  // microseconds of each 100 ms
};
CpuShare cpuShareOf(std::uint64_t memory);

/// Processes and threads: one for each 512 KB of memory, 64 to 1,024.
unsigned processesOf(std::uint64_t memory);
/// What the group of all may use when its sandboxes have `memory` together: pool, zygotes and
/// sandboxes on their way come on top.
std::uint64_t memoryOfAll(std::uint64_t memory);
/// Processes and threads of all sandboxes: half of what the machine can have.
std::uint64_t processesOfAll(std::uint64_t mostIds, std::uint64_t mostThreads);

}  // namespace openfc::sandbox::launcher
