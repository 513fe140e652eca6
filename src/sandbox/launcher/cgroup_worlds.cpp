#include "sandbox/launcher/cgroup_worlds.h"

#include "base/check.h"
#include "sandbox/launcher/files.h"

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>

namespace openfc::sandbox::launcher {
namespace {

void limitMemoryV2(const std::string& directory, std::uint64_t bytes) {
  writeFile(directory + "/memory.max", std::to_string(bytes));
  // Absent where the kernel has no swap.
  tryWriteFile(directory + "/memory.swap.max", "0");
}

void limitCpuV2(const std::string& directory, std::uint64_t memory) {
  const CpuShare share = cpuShareOf(memory);
  writeFile(directory + "/cpu.weight", std::to_string(share.weight));
  writeFile(directory + "/cpu.max", fmt::format("{} 100000", share.quotaOf100ms));
}

/// All in one call: by itself the kernel would hand out cpu and pids also from a group with
/// processes, which makes it a threaded one, and then no process may move to its children.
bool enableControllers(const std::string& parent) {
  return tryWriteFile(parent + "/cgroup.subtree_control", "+memory +cpu +pids");
}

/// A group with processes of its own cannot hand controllers to its children: they move to a leaf.
void moveProcessesToLeaf(const std::string& parent) {
  const std::string leaf = parent + "/openfc-main";
  if (!exists(leaf)) makeDirectory(leaf);
  const std::string processes = readFile(parent + "/cgroup.procs");
  for (std::size_t at = 0; at < processes.size();) {
    const std::size_t end = std::min(processes.find('\n', at), processes.size());
    // A process that ended meanwhile, or one of the kernel's, stays where it is.
    tryWriteFile(leaf + "/cgroup.procs", processes.substr(at, end - at));
    at = end + 1;
  }
}

bool makeReadyV2(const std::string& parent) {
  if (enableControllers(parent)) return true;
  if (errno != EBUSY) return false;
  moveProcessesToLeaf(parent);
  return enableControllers(parent);
}

void limitMemoryV1(const std::string& directory, std::uint64_t bytes) {
  const std::string limit = directory + "/memory.limit_in_bytes";
  const std::string withSwap = directory + "/memory.memsw.limit_in_bytes";
  const std::string value = std::to_string(bytes);
  // Memory may never be more than memory and swap: whichever way the limit moves, one order is
  // refused.
  const bool swapCounts = exists(withSwap);
  const bool swapFirst = swapCounts && tryWriteFile(withSwap, value);
  writeFile(limit, value);
  if (swapCounts && !swapFirst) writeFile(withSwap, value);
  // Counted apart from the rest. Absent where the kernel knows no such limit.
  tryWriteFile(directory + "/memory.kmem.tcp.limit_in_bytes", std::to_string(bytes / 4));
}

void limitCpuV1(const std::string& directory, std::uint64_t memory) {
  const CpuShare share = cpuShareOf(memory);
  writeFile(directory + "/cpu.shares", std::to_string(share.shares));
  // Absent in kernels without bandwidth control.
  tryWriteFile(directory + "/cpu.cfs_quota_us", std::to_string(share.quotaOf100ms));
}

bool makeReadyV1(const std::string&) { return true; }

void limitNothing(const std::string&, std::uint64_t) {}

constexpr World worldV2{.name = "cgroup v2",
                        .usage = "memory.current",
                        .peak = "memory.peak",
                        .oomCounter = "memory.events",
                        .killTogether = "memory.oom.group",
                        .limitMemory = limitMemoryV2,
                        .limitCpu = limitCpuV2,
                        .makeReady = makeReadyV2};
constexpr World worldV1{.name = "cgroup v1",
                        .usage = "memory.usage_in_bytes",
                        .peak = "memory.max_usage_in_bytes",
                        .oomCounter = "memory.oom_control",
                        .killTogether = "",
                        .limitMemory = limitMemoryV1,
                        .limitCpu = limitCpuV1,
                        .makeReady = makeReadyV1};
constexpr World worldNone{.name = "no cgroups",
                          .usage = "",
                          .peak = "",
                          .oomCounter = "",
                          .killTogether = "",
                          .limitMemory = limitNothing,
                          .limitCpu = limitNothing,
                          .makeReady = makeReadyV1};

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct Hierarchy {
  std::string_view root;  // the group that is seen at the mount point
  std::string_view point;
  std::string_view type;  // cgroup, cgroup2
  std::string_view options;
};

std::vector<Hierarchy> hierarchiesOf(std::string_view mountinfo) {
  std::vector<Hierarchy> found;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const auto left = split(line.substr(0, dash), ' ');
    const auto right = split(line.substr(dash + 3), ' ');
    if (left.size() < 5 || right.size() < 3 || !right[0].starts_with("cgroup")) continue;
    found.push_back({left[3], left[4], right[0], right[2]});
  }
  return found;
}

bool listed(std::string_view list, std::string_view name) {
  const auto parts = split(list, ',');
  return std::ranges::find(parts, name) != parts.end();
}

/// This process's group in the hierarchy of `controller` ("" = version 2).
std::string_view ownGroup(std::string_view ownGroups, std::string_view controller) {
  for (const std::string_view line : split(ownGroups, '\n')) {
    const auto parts = split(line, ':');
    if (parts.size() < 3 ||
        (controller.empty() ? !parts[1].empty() : !listed(parts[1], controller)))
      continue;
    return line.substr(parts[0].size() + parts[1].size() + 2);
  }
  return "/";
}

std::string placeIn(const Hierarchy& hierarchy, std::string_view own) {
  std::string place(hierarchy.point);
  if (!own.ends_with(".service")) return place;
  if (hierarchy.root != "/" && own.starts_with(hierarchy.root))
    own.remove_prefix(hierarchy.root.size());
  return place + std::string(own);
}

}  // namespace

std::vector<std::string> Layout::directories() const {
  std::vector<std::string> all;
  for (const std::string& directory : {freezer, memory, cpu, pids}) {
    if (!directory.empty() && std::ranges::find(all, directory) == all.end())
      all.push_back(directory);
  }
  return all;
}

Layout layoutOf(std::string_view mountinfo, std::string_view ownGroups) {
  Layout layout{&worldNone, {}, {}, {}, {}};
  struct Wanted {
    std::string_view controller;
    std::string Layout::* place;
  };
  static constexpr Wanted wanted[] = {
      {"memory", &Layout::memory}, {"cpu", &Layout::cpu}, {"pids", &Layout::pids}};
  for (const Hierarchy& hierarchy : hierarchiesOf(mountinfo)) {
    if (hierarchy.type == "cgroup2") {
      if (layout.freezer.empty()) layout.freezer = placeIn(hierarchy, ownGroup(ownGroups, ""));
      continue;
    }
    for (const Wanted& row : wanted) {
      if (!listed(hierarchy.options, row.controller) || !(layout.*row.place).empty()) continue;
      layout.*row.place = placeIn(hierarchy, ownGroup(ownGroups, row.controller));
    }
  }
  if (!layout.memory.empty() || !layout.cpu.empty() || !layout.pids.empty()) {
    layout.world = &worldV1;
  } else if (!layout.freezer.empty()) {
    layout.world = &worldV2;
    layout.memory = layout.cpu = layout.pids = layout.freezer;
  }
  return layout;
}

CpuShare cpuShareOf(std::uint64_t memory) {
  constexpr std::uint64_t gigabyte = 1u << 30;
  constexpr std::uint64_t oneCore = gigabyte * 3 / 2;
  constexpr std::uint64_t period = 100'000;
  const std::uint64_t weighed = std::min(memory, gigabyte * 100);
  return {std::clamp<std::uint64_t>(weighed * 100 / gigabyte, 1, 10'000),
          std::max<std::uint64_t>(weighed * 1024 / gigabyte, 2),
          std::max(period, weighed * 1000 / oneCore * (period / 1000))};
}

unsigned processesOf(std::uint64_t memory) {
  return static_cast<unsigned>(std::clamp<std::uint64_t>(memory >> 19, 64, 1024));
}

std::uint64_t memoryOfAll(std::uint64_t memory) {
  constexpr std::uint64_t least = std::uint64_t{256} << 20;
  return memory + std::max(memory / 8, least);
}

std::uint64_t processesOfAll(std::uint64_t mostIds, std::uint64_t mostThreads) {
  return std::min(mostIds, mostThreads) / 2;
}

}  // namespace openfc::sandbox::launcher
