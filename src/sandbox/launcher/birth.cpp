#include "sandbox/launcher/birth.h"

#include "base/check.h"
#include "sandbox/launcher/birth_steps.h"

#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace openfc::sandbox::launcher {
namespace {

constexpr std::size_t stackSize = std::size_t{256} << 10;

int cloneFlags(const Defences& defences) {
  struct Namespace {
    Defence defence;
    int flag;
  };
  static constexpr Namespace namespaces[] = {
      {Defence::pidNamespace, CLONE_NEWPID}, {Defence::mountNamespace, CLONE_NEWNS},
      {Defence::ipcNamespace, CLONE_NEWIPC}, {Defence::utsNamespace, CLONE_NEWUTS},
      {Defence::netNamespace, CLONE_NEWNET},
  };
  int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
  for (const Namespace& row : namespaces) {
    if (defences.on(row.defence)) flags |= row.flag;
  }
  return flags;
}

}  // namespace

Birth::Birth() : stack_(stackSize) {}

Born Birth::bear(const BirthPlan& plan) {
  Labour labour{&plan};
  int pidfd = -1;
  const auto top =
      reinterpret_cast<std::uintptr_t>(stack_.data() + stack_.size()) & ~std::uintptr_t{15};
  const pid_t process = ::clone(liveUntilInit, reinterpret_cast<void*>(top),
                                cloneFlags(plan.defences), &labour, &pidfd);
  check(process, "clone the sandbox's init");
  Born born{process, Fd(pidfd)};
  if (labour.step != nullptr) {
    ::waitpid(process, nullptr, 0);
    throw std::runtime_error(fmt::format("{}: {}", labour.step, std::strerror(labour.error)));
  }
  return born;
}

std::string tmpOptionsOf(std::uint64_t size, const Defences& defences) {
  if (!defences.on(Defence::tmpLimit)) return "mode=1777,size=0,nr_inodes=0";
  // One file for each two pages, so that empty files are not a way around the limit.
  return fmt::format("mode=1777,size={},nr_inodes={}", size,
                     std::max<std::uint64_t>(size / 8192, 1024));
}

}  // namespace openfc::sandbox::launcher
