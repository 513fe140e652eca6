#include "cli/machine.h"

#include "base/check.h"
#include "base/fd.h"
#include "cli/kernel_settings.h"
#include "runtime/catalogue.h"
#include "runtime/platform_modules.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace openfc::cli {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Finding kernel(const Examined&) {
  utsname name{};
  uname(&name);
  int major = 0;
  int minor = 0;
  std::sscanf(name.release, "%d.%d", &major, &minor);
  const bool good = major > 5 || (major == 5 && minor >= 14);
  return {"kernel", good ? State::ok : State::lacks, std::string(name.release) + " " + name.machine,
          "sandboxes (5.14 or newer: cgroup.kill, open_tree)"};
}

Finding root(const Examined&) {
  const bool isRoot = geteuid() == 0;
  return {"root", isRoot ? State::ok : State::warn,
          isRoot ? "yes" : "no: uid " + std::to_string(geteuid()),
          "sandboxes with uids and networks of their own (the launcher starts as root, the server "
          "drops it)"};
}

Finding namespaces(const Examined&) {
  std::string missing;
  for (const char* name : {"mnt", "pid", "ipc", "uts", "net", "user", "cgroup"}) {
    if (!fs::exists(fs::path("/proc/self/ns") / name)) missing += std::string(" ") + name;
  }
  return {"namespaces", missing.empty() ? State::ok : State::lacks,
          missing.empty() ? "mnt pid ipc uts net user cgroup" : "missing:" + missing,
          "isolation of functions"};
}

/// Where a file system of this type is mounted; "" = nowhere.
std::string mountedAt(const std::string& type, const std::string& option = "") {
  std::istringstream mounts(content("/proc/self/mounts"));
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device;
    std::string place;
    std::string kind;
    std::string options;
    words >> device >> place >> kind >> options;
    if (kind == type && ("," + options + ",").find(option) != std::string::npos) return place;
  }
  return {};
}

/// A group whose files can be looked at: the root group has no cgroup.kill.
bool anyGroupHas(const fs::path& root, const char* file) {
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(root, failure)) {
    if (entry.is_directory(failure) && fs::exists(entry.path() / file, failure)) return true;
  }
  return false;
}

Finding cgroup2(const Examined&) {
  const std::string place = mountedAt("cgroup2");
  if (place.empty()) {
    return {"cgroup v2", State::warn, "not mounted", "freezing idle instances, killing them whole"};
  }
  const bool writable = access(place.c_str(), W_OK) == 0;
  const bool kills = anyGroupHas(place, "cgroup.kill");
  std::string controllers = content(fs::path(place) / "cgroup.controllers");
  controllers.erase(std::ranges::remove(controllers, '\n').begin(), controllers.end());
  return {"cgroup v2", writable ? State::ok : State::warn,
          fmt::format("{} at {}, controllers: {}{}", writable ? "writable" : "read-only", place,
                      controllers.empty() ? "none" : controllers, kills ? ", kill" : ""),
          "freezing idle instances, killing them whole"};
}

Finding limits(const Examined&) {
  const std::string v2 = mountedAt("cgroup2");
  const std::string controllers =
      v2.empty() ? "" : " " + content(fs::path(v2) / "cgroup.controllers") + " ";
  std::string where;
  std::string missing;
  for (const char* name : {"memory", "cpu", "pids"}) {
    const std::string word(name);
    if (controllers.find(word) != std::string::npos && !v2.empty()) {
      where += " " + word + "=v2";
    } else if (!mountedAt("cgroup", "," + word + ",").empty()) {
      where += " " + word + "=v1";
    } else {
      missing += " " + word;
    }
  }
  return {"cgroup limits", missing.empty() ? State::ok : State::lacks,
          missing.empty() ? where.substr(1) : "missing:" + missing,
          "limits of memory, cpu and processes (without them the server starts only with "
          "allowWithoutLimits)"};
}

Finding seccomp(const Examined&) {
  const bool filter =
      prctl(PR_GET_SECCOMP) >= 0 &&
      content("/proc/sys/kernel/seccomp/actions_avail").find("errno") != std::string::npos;
  return {"seccomp", filter ? State::ok : State::lacks, filter ? "filters available" : "no filters",
          "the list of system calls that functions may use"};
}

Finding overlay(const Examined&) {
  // Asking for it loads its module, as the first mount would.
  const Fd asked(::fsopen("overlay", FSOPEN_CLOEXEC));
  const bool there = asked || content("/proc/filesystems").find("overlay") != std::string::npos;
  return {"overlayfs", there ? State::ok : State::warn,
          there ? "available" : "not in /proc/filesystems", "merging several layers at /opt"};
}

Finding firewall(const Examined&) {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  const bool there = socket && (fs::exists("/sys/module/nf_tables") ||
                                system("nft list tables >/dev/null 2>&1") == 0);
  return {"nf_tables", there ? State::ok : State::warn, there ? "available" : "not available",
          "functions of services with internetAccess=true (the others need no firewall)"};
}

std::string findProgram(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream directories(path ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string directory; std::getline(directories, directory, ':');) {
    directory += '/';
    directory += name;
    if (access(directory.c_str(), X_OK) == 0) return directory;
  }
  return {};
}

Finding interpreter(const std::string& program, const std::string& runtimes) {
  const std::string path = findProgram(program);
  return {program, path.empty() ? State::warn : State::ok,
          path.empty() ? "not found in PATH" : path, "runtimes " + runtimes};
}

Finding python(const Examined&) { return interpreter("python3", "python3, python3.9, python3.10"); }
Finding node(const Examined&) { return interpreter("node", "nodejs12, nodejs14 and newer"); }

/// "nodejs14 11 of 11" of the runtimes that have any.
Finding modules(const Examined&) {
  std::string found;
  for (const runtime::Row& row : runtime::rows()) {
    const std::size_t there = runtime::installedModules(ownRuntimes(), row.id).size();
    if (there == 0) continue;
    found += fmt::format("{}{} {} of {}", found.empty() ? "" : ", ", row.id, there,
                         runtime::platformModulesOf(row.id).size());
  }
  return {"runtime modules", found.empty() ? State::warn : State::ok,
          found.empty() ? "none: openfc runtime modules install RUNTIME" : found,
          "functions that import what the runtimes' images carry without packing it"};
}

/// The median of a few writes with fsync, as the store does them.
Finding disk(const Examined& what) {
  std::error_code failure;
  const fs::path directory =
      fs::is_directory(what.data, failure) ? what.data : fs::temp_directory_path();
  std::string name = (directory / "openfc-doctor-XXXXXX").string();
  const Fd file(mkostemp(name.data(), O_CLOEXEC));
  if (!file) {
    return {"fsync", State::warn, "cannot write to " + directory.string(),
            "storing services and functions"};
  }
  unlink(name.c_str());
  std::array<std::chrono::microseconds, 9> times;
  for (auto& time : times) {
    const auto start = std::chrono::steady_clock::now();
    const bool written = pwrite(file.get(), "openfc", 6, 0) == 6 && fsync(file.get()) == 0;
    time = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 start);
    if (!written)
      return {"fsync", State::lacks, "fails in " + directory.string(),
              "storing services and functions"};
  }
  std::ranges::nth_element(times, times.begin() + times.size() / 2);
  const double milliseconds = double(times[times.size() / 2].count()) / 1000;
  return {"fsync", milliseconds < 50 ? State::ok : State::warn,
          fmt::format("{:.2f} ms in {}", milliseconds, directory.string()),
          "quick creation and update of functions"};
}

/// Whether the API's port is free, or somebody answers there.
Finding port(const Examined& what) {
  const auto colon = what.endpoint.rfind(':');
  const int number = colon == std::string::npos ? 0 : std::atoi(what.endpoint.c_str() + colon + 1);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(number));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const bool taken = socket && connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
                                       sizeof address) == 0;
  return {"port " + std::to_string(number), State::ok,
          taken ? "in use (by the server, if it runs)" : "free", "the API on loopback"};
}

Finding descriptors(const Examined&) {
  const long limit = sysconf(_SC_OPEN_MAX);
  return {"open files", limit >= 4096 ? State::ok : State::warn, std::to_string(limit),
          "many connections and instances at a time (LimitNOFILE, ulimit -n)"};
}

constexpr Finding (*checks[])(const Examined&) = {kernel,  root,    namespaces, cgroup2,    limits,
                                                  seccomp, overlay, firewall,   python,     node,
                                                  modules, disk,    port,       descriptors};

}  // namespace

fs::path ownRuntimes() {
  return fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "lib" / "openfc" /
         "runtimes";
}

std::vector<Finding> examine(const Examined& what) {
  std::vector<Finding> findings;
  for (const auto check : checks) findings.push_back(check(what));
  std::ranges::move(examineKernelSettings("/proc", "/sys"), std::back_inserter(findings));
  return findings;
}

}  // namespace openfc::cli
