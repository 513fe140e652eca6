#include "sandbox/launcher/cgroups.h"

#include "base/check.h"
#include "sandbox/launcher/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <utility>

namespace openfc::sandbox::launcher {
namespace {

constexpr auto longestSweep = std::chrono::seconds(5);

std::string below(const std::string& parent, const std::string& name) {
  return fmt::format("{}/{}", parent, name);
}

std::vector<std::string> directoriesIn(const std::string& path) {
  std::vector<std::string> names;
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, Close> directory(::opendir(path.c_str()));
  if (!directory) return names;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

bool removeTree(const std::string& path) {
  for (const std::string& name : directoriesIn(path)) removeTree(below(path, name));
  return ::rmdir(path.c_str()) == 0 || errno == ENOENT;
}

/// SIGKILLs every process in the group and below.
void killTree(const std::string& path) {
  for (const std::string& name : directoriesIn(path)) killTree(below(path, name));
  if (tryWriteFile(path + "/cgroup.kill", "1") || !exists(path + "/cgroup.procs")) return;
  const std::string processes = readFile(path + "/cgroup.procs");
  for (std::size_t at = 0; at < processes.size();) {
    const std::size_t end = std::min(processes.find('\n', at), processes.size());
    const int process = std::atoi(processes.substr(at, end - at).c_str());
    if (process > 1) ::kill(process, SIGKILL);
    at = end + 1;
  }
}

/// The kernel lets a group go shortly after its last process was reaped.
bool removeUntil(const std::string& path, std::chrono::steady_clock::time_point deadline) {
  while (!removeTree(path)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    killTree(path);
    ::poll(nullptr, 0, 1);
  }
  return true;
}

void sweep(const Layout& layout, const std::string& scope) {
  const auto deadline = std::chrono::steady_clock::now() + longestSweep;
  const std::string prefix = "openfc-" + scope + ".";
  for (const std::string& parent : layout.directories()) {
    for (const std::string& name : directoriesIn(parent)) {
      if (name.starts_with(prefix)) killTree(below(parent, name));
    }
  }
  for (const std::string& parent : layout.directories()) {
    for (const std::string& name : directoriesIn(parent)) {
      if (name.starts_with(prefix)) removeUntil(below(parent, name), deadline);
    }
  }
}

/// The version 2 hierarchy can be mounted anywhere, also where the system only shows version 1.
/// This process has its own mount namespace, so nobody else sees it.
void mountUnified(Layout& layout) {
  const std::string place = "/sys/fs/cgroup";
  if (!layout.freezer.empty() || !exists(place)) return;
  const std::string point = exists(place + "/unified") ? place + "/unified" : "";
  if (point.empty() || ::mount("cgroup2", point.c_str(), "cgroup2",
                               MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0) {
    return;
  }
  layout.freezer = point;
}

}  // namespace

Group::Group(const Layout& layout, std::string name, Defences defences)
    : layout_(layout), name_(std::move(name)), defences_(defences) {
  for (const std::string& base : layout_.directories()) {
    std::string directory = base + "/" + name_;
    makeDirectory(directory);
    directories_.push_back(std::move(directory));
  }
  entrances_ = openEntrances();
  limitProcesses(defaultMemory);
  if (layout_.memory.empty()) return;
  watchMemory();
  if (!layout_.world->killTogether.empty() && defences_.on(Defence::memoryLimit))
    writeFile(in(layout_.memory, layout_.world->killTogether), "1");
}

Group::~Group() {
  kill();
  remove();
}

Entrances Group::entrances() const {
  Entrances entrances;
  for (const Fd& entrance : entrances_) entrances.files.at(entrances.count++) = entrance.get();
  return entrances;
}

std::vector<Fd> Group::openEntrances() const {
  std::vector<Fd> files;
  files.reserve(directories_.size());
  for (const std::string& directory : directories_) {
    files.emplace_back(
        static_cast<int>(check(::open((directory + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC),
                               "open cgroup.procs of " + directory)));
  }
  return files;
}

std::string Group::in(const std::string& base, std::string_view file) const {
  return fmt::format("{}/{}/{}", base, name_, file);
}

void Group::watchMemory() {
  oomCounter_ = openIfThere(in(layout_.memory, layout_.world->oomCounter), O_RDONLY);
  const std::string control = in(layout_.memory, "cgroup.event_control");
  if (!oomCounter_ || !exists(control)) return;
  oomEvent_ =
      Fd(static_cast<int>(check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "make an eventfd")));
  writeFile(control, fmt::format("{} {}", oomEvent_.get(), oomCounter_.get()));
}

void Group::limitProcesses(std::uint64_t memory) {
  const unsigned most = processesOf(memory);
  if (layout_.pids.empty() || !defences_.on(Defence::pidsLimit) || most == processes_) return;
  writeFile(in(layout_.pids, "pids.max"), std::to_string(most));
  processes_ = most;
}

void Group::limit(std::uint64_t memory, std::uint64_t weight) {
  limitProcesses(memory);
  if (!layout_.memory.empty() && defences_.on(Defence::memoryLimit)) {
    layout_.world->limitMemory(layout_.memory + "/" + name_, memory);
    memory_ = memory;
  }
  if (!layout_.cpu.empty() && defences_.on(Defence::cpuLimit)) {
    layout_.world->limitCpu(layout_.cpu + "/" + name_, weight);
  }
}

Fd Group::openFreeze() const {
  return layout_.freezer.empty() ? Fd() : openIfThere(in(layout_.freezer, "cgroup.freeze"), O_RDWR);
}

Fd Group::openKill() const {
  return layout_.freezer.empty() ? Fd() : openIfThere(in(layout_.freezer, "cgroup.kill"), O_WRONLY);
}

Fd Group::openUsage() const {
  return layout_.memory.empty() ? Fd()
                                : openIfThere(in(layout_.memory, layout_.world->usage), O_RDONLY);
}

Fd Group::openPeak() const {
  if (layout_.memory.empty()) return {};
  Fd peak = openIfThere(in(layout_.memory, layout_.world->peak), O_RDWR);
  return peak ? std::move(peak) : openIfThere(in(layout_.memory, layout_.world->peak), O_RDONLY);
}

bool Group::takeOomEvent() {
  std::uint64_t count = 0;
  // Version 1 tells before it kills, so the counter may never see what we killed first. It tells
  // all groups below the one that is full, too: when that is the group of all, the kernel has
  // chosen whom to kill.
  if (oomEvent_ && ::read(oomEvent_.get(), &count, sizeof(count)) == sizeof(count))
    oomSeen_ = oomSeen_ || overflows();
  return oomSeen_;
}

bool Group::overflows() const {
  if (numberOf(oomCounter_.get(), "oom_kill").value_or(0) > 0) return true;
  return usage() >= memory_ - memory_ / 8;
}

std::uint64_t Group::usage() const {
  if (layout_.memory.empty()) return 0;
  return static_cast<std::uint64_t>(
      std::atoll(textOf(in(layout_.memory, layout_.world->usage)).c_str()));
}

pid_t Group::lastProcess() const {
  if (layout_.directories().empty()) return 0;
  std::string processes = textOf(in(layout_.directories().front(), "cgroup.procs"));
  while (processes.ends_with('\n')) processes.pop_back();
  return std::atoi(processes.substr(processes.rfind('\n') + 1).c_str());
}

bool Group::outOfMemory() {
  return takeOomEvent() || (oomCounter_ && numberOf(oomCounter_.get(), "oom_kill").value_or(0) > 0);
}

bool Group::kill() const {
  if (layout_.freezer.empty()) return false;
  // Frozen processes die from this too.
  return tryWriteFile(in(layout_.freezer, "cgroup.kill"), "1");
}

bool Group::remove() {
  std::erase_if(directories_, [](const std::string& directory) {
    return ::rmdir(directory.c_str()) == 0 || errno == ENOENT;
  });
  return directories_.empty();
}

Cgroups::Cgroups(const std::string& scope, std::uint64_t memory, Defences defences)
    : layout_(layoutOf(readFile("/proc/self/mountinfo"), readFile("/proc/self/cgroup"))) {
  mountUnified(layout_);
  sweep(layout_, scope);
  makeBases(scope);
  noteShortcomings();
  limitAll(memory, defences);
}

Cgroups::~Cgroups() { remove(std::chrono::steady_clock::now() + longestSweep); }

void Cgroups::remove(std::chrono::steady_clock::time_point deadline) {
  for (const std::string& base : bases_) killTree(base);
  for (const std::string& base : bases_) removeUntil(base, deadline);
  bases_.clear();
}

void Cgroups::makeBases(const std::string& scope) {
  const std::string name = fmt::format("openfc-{}.{}", scope, ::getpid());
  for (const std::string& parent : layout_.directories()) {
    std::string base = below(parent, name);
    if (!layout_.world->makeReady(parent) ||
        (::mkdir(base.c_str(), 0755) != 0 && errno != EEXIST) || !layout_.world->makeReady(base)) {
      shortcomings_.push_back(fmt::format("no control groups can be made in {}", parent));
      continue;
    }
    bases_.push_back(std::move(base));
  }
  for (std::string* place : {&layout_.freezer, &layout_.memory, &layout_.cpu, &layout_.pids}) {
    const std::string base = below(*place, name);
    *place = std::ranges::find(bases_, base) != bases_.end() ? base : "";
  }
  if (layout_.cpu.empty() || layout_.world->name != "cgroup v1") return;
  // In version 1 a top group weighs as much as one process of the system: as much as one a
  // processor.
  tryWriteFile(layout_.cpu + "/cpu.shares", std::to_string(1024 * ::sysconf(_SC_NPROCESSORS_ONLN)));
}

void Cgroups::limitAll(std::uint64_t memory, Defences defences) {
  if (memory > 0 && !layout_.memory.empty() && defences.on(Defence::memoryLimit))
    layout_.world->limitMemory(layout_.memory, memoryOfAll(memory));
  if (layout_.pids.empty() || !defences.on(Defence::pidsLimit)) return;
  const auto setting = [](const std::string& name) {
    return static_cast<std::uint64_t>(std::atoll(readFile("/proc/sys/kernel/" + name).c_str()));
  };
  writeFile(layout_.pids + "/pids.max",
            std::to_string(processesOfAll(setting("pid_max"), setting("threads-max"))));
}

void Cgroups::noteShortcomings() {
  struct Need {
    const std::string& place;
    std::string_view lacking;
    bool limits = true;
  };
  const Need needs[] = {
      {layout_.freezer, "no cgroup v2 hierarchy: idle functions are not frozen", false},
      {layout_.memory, "no memory controller: functions' memory is not limited"},
      {layout_.cpu, "no cpu controller: functions' processor time is not limited"},
      {layout_.pids, "no pids controller: functions' processes are not limited"},
  };
  for (const Need& need : needs) {
    if (!need.place.empty()) continue;
    shortcomings_.emplace_back(need.lacking);
    if (need.limits && limitless_.empty()) limitless_ = need.lacking;
  }
  if (!layout_.freezer.empty() && !bases_.empty() && !exists(layout_.freezer + "/cgroup.kill")) {
    shortcomings_.emplace_back("the kernel has no cgroup.kill (Linux 5.14)");
  }
}

}  // namespace openfc::sandbox::launcher
