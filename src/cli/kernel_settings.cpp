#include "cli/kernel_settings.h"

#include <fmt/core.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace openfc::cli {
namespace {

namespace fs = std::filesystem;

std::optional<long long> numberIn(const fs::path& path) {
  std::ifstream file(path);
  long long number = 0;
  if (!(file >> number)) return std::nullopt;
  return number;
}

/// A table of the kernel that all processes of the machine share.
struct Table {
  const char* setting;  // below /proc/sys
  long long least;
  const char* feature;
};
constexpr Table tables[] = {
    {"kernel/pid_max", 65'536, "many instances: all processes and threads share these numbers"},
    {"kernel/threads-max", 32'768, "many instances: all threads of the machine"},
    {"fs/file-max", 400'000, "many instances: all open files of the machine"},
    {"fs/aio-max-nr", 65'536, "databases on this machine (functions have no access to this table)"},
    {"fs/inotify/max_user_instances", 128, "functions that watch files, each with its own user"},
    {"fs/inotify/max_user_watches", 8'192, "functions that watch files, each with its own user"},
    {"net/core/somaxconn", 1'024, "many clients that connect at the same moment"},
};

Finding tableFinding(const fs::path& proc, const Table& table) {
  std::string name = table.setting;
  for (char& c : name) c = c == '/' ? '.' : c;
  const auto number = numberIn(proc / "sys" / table.setting);
  if (!number) return {name, State::warn, "cannot be read", table.feature};
  const bool enough = *number >= table.least;
  return {
      name, enough ? State::ok : State::warn,
      enough ? std::to_string(*number) : fmt::format("{}: set at least {}", *number, table.least),
      table.feature};
}

/// A switch of which one position is the better one where tenants distrust each other.
struct Switch {
  const char* name;
  const char* path;
  bool inSys;
  long long worst;  // from here on a warning
  const char* good;
  const char* bad;
  const char* feature;
};
constexpr Switch switches[] = {
    {"net.core.bpf_jit_harden", "sys/net/core/bpf_jit_harden", false, -1, "", "",
     "programs in the kernel's memory (functions can load none)"},
    {"KSM", "kernel/mm/ksm/run", true, 1, "off", "on: set /sys/kernel/mm/ksm/run to 0",
     "tenants that distrust each other: merged pages tell who else has them"},
    {"SMT", "devices/system/cpu/smt/active", true, 1, "off", "on: boot with nosmt",
     "tenants that distrust each other: two threads of a core share its caches"},
};

Finding switchFinding(const fs::path& proc, const fs::path& sys, const Switch& row) {
  const auto number = numberIn((row.inSys ? sys : proc) / row.path);
  if (!number) return {row.name, State::ok, "this kernel has none", row.feature};
  if (row.worst < 0) return {row.name, State::ok, std::to_string(*number), row.feature};
  const bool bad = *number >= row.worst;
  return {row.name, bad ? State::warn : State::ok, bad ? row.bad : row.good, row.feature};
}

Finding swapFinding(const fs::path& proc) {
  const std::string feature =
      "limits of memory: what is swapped out is slow, and may be read later";
  std::ifstream file(proc / "swaps");
  std::string line;
  std::getline(file, line);  // the heads of the columns
  std::string devices;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string device;
    words >> device;
    devices += " " + device;
  }
  if (devices.empty()) return {"swap", State::ok, "none", feature};
  return {"swap", State::warn, "in use:" + devices + " (swapoff -a, or encrypt it)", feature};
}

}  // namespace

std::vector<Finding> examineKernelSettings(const fs::path& proc, const fs::path& sys) {
  std::vector<Finding> findings;
  for (const Table& table : tables) findings.push_back(tableFinding(proc, table));
  for (const Switch& row : switches) findings.push_back(switchFinding(proc, sys, row));
  findings.push_back(swapFinding(proc));
  return findings;
}

}  // namespace openfc::cli
