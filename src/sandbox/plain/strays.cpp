#include "sandbox/plain/strays.h"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace openfc::sandbox::plain {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view instanceVariable = "FC_INSTANCE_ID=";
constexpr std::chrono::milliseconds pause{200};

/// The instance that a process's environment names; "" = none, or it is not this user's.
std::string instanceOf(const fs::path& process) {
  std::ifstream file(process / "environ", std::ios::binary);
  for (std::string entry; std::getline(file, entry, '\0');) {
    if (entry.starts_with(instanceVariable)) return entry.substr(instanceVariable.size());
  }
  return "";
}

}  // namespace

void endProcessesOf(const std::set<std::string>& instances) {
  if (instances.empty()) return;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename();
    pid_t pid = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (read.ec != std::errc() || read.ptr != name.data() + name.size() || pid == ::getpid())
      continue;
    if (instances.contains(instanceOf(entry.path()))) ::kill(pid, SIGKILL);
  }
}

void Strays::lookFor(const std::string& instance) {
  if (ended_) return;
  instances_.insert(instance);
  if (instances_.size() > 1) return;
  loop_.after(pause, [self = shared_from_this()] {
    if (!self->ended_) endProcessesOf(std::exchange(self->instances_, {}));
  });
}

}  // namespace openfc::sandbox::plain
