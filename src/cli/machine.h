#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace openfc::cli {

enum class State { ok, warn, lacks };

/// One thing that openfc needs of a machine.
struct Finding {
  std::string check;  // "cgroup v2"
  State state = State::ok;
  std::string found;    // "mounted at /sys/fs/cgroup, with freeze and kill"
  std::string feature;  // what does not work, or less well, without it
};

struct Examined {
  std::filesystem::path data;
  std::string endpoint;
};

/// The folder runtimes/ of the installation that this program belongs to.
std::filesystem::path ownRuntimes();

/// Looks at this machine. Changes nothing but a temporary file in the data directory.
std::vector<Finding> examine(const Examined& what);

}  // namespace openfc::cli
