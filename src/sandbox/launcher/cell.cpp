#include "sandbox/launcher/cell.h"

#include "base/check.h"
#include "sandbox/launcher/mount_calls.h"
#include "sandbox/launcher/netlink.h"
#include "sandbox/pidfd.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ranges>
#include <stdexcept>
#include <vector>

namespace openfc::sandbox::launcher {
namespace {

constexpr std::uint64_t smallestMemory = 4u << 20;
constexpr std::uint64_t largestMemory = std::uint64_t{1} << 40;

Attributes readOnly(const Defences& defences) {
  Attributes attributes;
  if (defences.on(Defence::codeReadonly)) attributes.set |= MOUNT_ATTR_RDONLY;
  if (defences.on(Defence::nosuid)) attributes.set |= MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  return attributes;
}

/// A package's directory: a real one, not a link that whoever may write to the store has put there.
Fd openPackage(int packages, const Digest& digest) {
  return Fd(static_cast<int>(
      check(::openat(packages, digest.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
            "open package " + digest)));
}

Fd packageTree(int packages, const Digest& digest, const Defences& defences) {
  const Fd directory = openPackage(packages, digest);
  Fd tree(static_cast<int>(check(::syscall(SYS_open_tree, directory.get(), "",
                                           OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH),
                                 "open the tree of package " + digest)));
  changeMount(tree.get(), "", readOnly(defences), Depth::one);
  return tree;
}

/// What the server compiled of a package lies beside it under this name: its own tree, so that
/// /code shows only what the user packed.
Digest compiledOf(const Digest& digest) { return digest + ".compiled"; }

bool exists(int packages, const Digest& digest) {
  return ::faccessat(packages, digest.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/// The compiled files of those packages that have any.
std::vector<Digest> compiledOf(int packages, const std::vector<Digest>& digests) {
  std::vector<Digest> found;
  for (const Digest& digest : digests) {
    if (exists(packages, compiledOf(digest))) found.push_back(compiledOf(digest));
  }
  return found;
}

/// The layers as one read-only tree. Overlayfs lists the topmost first.
Fd mergedLayers(int packages, const std::vector<Digest>& layers, const Defences& defences) {
  std::vector<Fd> directories;
  std::string lower;
  for (const Digest& digest : std::views::reverse(layers)) {
    directories.push_back(openPackage(packages, digest));
    lower += fmt::format("{}/proc/self/fd/{}", lower.empty() ? "" : ":", directories.back().get());
  }
  const Fd context(
      static_cast<int>(check(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC), "open overlayfs")));
  check(::syscall(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, "lowerdir", lower.c_str(), 0),
        "name the layers");
  check(::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0),
        "merge the layers");
  Fd tree(static_cast<int>(
      check(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0), "mount the layers")));
  changeMount(tree.get(), "", readOnly(defences), Depth::one);
  return tree;
}

Fd layersTree(int packages, std::vector<Digest> layers, const Defences& defences) {
  // Overlayfs refuses the same directory twice; the one of the highest priority counts.
  std::vector<Digest> each;
  for (const Digest& digest : std::views::reverse(layers)) {
    if (std::ranges::find(each, digest) == each.end()) each.insert(each.begin(), digest);
  }
  if (each.empty()) return {};
  return each.size() == 1 ? packageTree(packages, each.front(), defences)
                          : mergedLayers(packages, each, defences);
}

void resizeTmp(const std::string& options, const Defences& defences) {
  const unsigned long flags = defences.on(Defence::nosuid) ? MS_NOSUID | MS_NODEV : 0;
  check(::mount(nullptr, "/tmp", nullptr, MS_REMOUNT | flags, options.c_str()),
        "set the size of /tmp");
}

}  // namespace

void beginAdoption(Cell& cell, const AdoptRequest& adoption) {
  if (cell.adopted) throw std::runtime_error("the sandbox has been adopted before");
  cell.adopted = true;
  if (adoption.memory < smallestMemory || adoption.memory > largestMemory) {
    throw std::runtime_error(fmt::format("memory of {} bytes is out of range", adoption.memory));
  }
  if (adoption.tmpSize > largestMemory) {
    throw std::runtime_error(fmt::format("a /tmp of {} bytes is out of range", adoption.tmpSize));
  }
}

void adoptInto(Cell& cell, const AdoptRequest& adoption, const Sources& sources, const Home& home,
               const Defences& defences) {
  const Fd code = adoption.code ? packageTree(sources.packages, *adoption.code, defences) : Fd();
  const Fd layers = layersTree(sources.packages, adoption.layers, defences);
  const Fd compiled =
      layersTree(sources.packages,
                 adoption.code ? compiledOf(sources.packages, std::vector{*adoption.code})
                               : std::vector<Digest>(),
                 defences);
  const Fd compiledLayers =
      layersTree(sources.packages, compiledOf(sources.packages, adoption.layers), defences);
  {
    const MountVisit visit(cell.init.pidfd.get(), home.mounts);
    if (code) attachTree(code.get(), "/code");
    if (layers) attachTree(layers.get(), "/opt");
    if (compiled) attachTree(compiled.get(), "/var/fc/compiled/code");
    if (compiledLayers) attachTree(compiledLayers.get(), "/var/fc/compiled/opt");
    attachShares(sources.shares);
    if (adoption.tmpSize != defaultTmpSize)
      resizeTmp(tmpOptionsOf(adoption.tmpSize, defences), defences);
  }
  cell.group.limit(adoption.memory, adoption.memory);
}

Fd socketIn(const Cell& cell, const Home& home) {
  const NamespaceVisit visit(cell.init.pidfd.get(), home.network);
  return Fd(static_cast<int>(check(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                                   "make a socket in the sandbox")));
}

void Cell::kill() const {
  group.kill();
  if (init.pidfd) signalPidfd(init.pidfd.get(), SIGKILL);
}

std::optional<int> reap(int pidfd) {
  siginfo_t info{};
  const int result = ::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG);
  if (result != 0 && errno == ECHILD) return SIGKILL;
  if (result != 0 || info.si_pid == 0) return std::nullopt;
  return info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status & 0x7f;
}

}  // namespace openfc::sandbox::launcher
