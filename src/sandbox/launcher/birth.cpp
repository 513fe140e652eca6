#include "sandbox/launcher/birth.h"

#include "base/check.h"
#include "sandbox/launcher/birth_steps.h"
#include "sandbox/pidfd.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace openfc::sandbox::launcher {
namespace {

constexpr std::size_t stackSize = std::size_t{64} << 10;

struct LifeRow {
  Life life;
  int (*steps)(void*);
  const char* making;
};
constexpr std::array lives{
    LifeRow{Life::init, liveUntilInit, "clone the sandbox's init"},
    LifeRow{Life::zygote, liveUntilZygote, "clone a zygote"},
    LifeRow{Life::visitor, liveAsVisitor, "clone a process into the sandbox"},
};

}  // namespace

Stack::Stack()
    : memory_(::mmap(nullptr, stackSize, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
  if (memory_ == MAP_FAILED) throw SystemError(errno, "make a stack");
}

Stack::Stack(Stack&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}

Stack::~Stack() {
  if (memory_ != nullptr) ::munmap(memory_, stackSize);
}

void* Stack::top() const { return static_cast<std::byte*>(memory_) + stackSize; }

Birth::Birth(Life life, const BirthPlan& plan, Stack stack)
    : plan_(plan), stack_(std::move(stack)), labour_(std::make_unique<Labour>()) {
  labour_->plan = &plan_;
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "make a pipe");
  done_.reset(ends[0]);
  // The child's copy closes when it executes its program or ends; by then it uses our memory no
  // more.
  const Fd held(ends[1]);
  labour_->signOfLife = held.get();
  const bool ownProcesses = life == Life::init && plan_.defences.on(Defence::pidNamespace);
  const int flags = CLONE_VM | CLONE_PIDFD | SIGCHLD | (ownProcesses ? CLONE_NEWPID : 0);
  int pidfd = -1;
  const LifeRow& row = lives[static_cast<std::size_t>(life)];
  born_.process = ::clone(row.steps, stack_.top(), flags, labour_.get(), &pidfd);
  check(born_.process, row.making);
  born_.pidfd.reset(pidfd);
}

Birth::~Birth() {
  if (born_.pidfd) endChild(born_.pidfd.get());
}

Born Birth::finish() {
  if (labour_->step == nullptr) return std::move(born_);
  const std::string reason = std::generic_category().message(labour_->error);
  throw std::runtime_error(fmt::format("{}: {}", labour_->step, reason));
}

std::string tmpOptionsOf(std::uint64_t size, const Defences& defences) {
  if (!defences.on(Defence::tmpLimit)) return "mode=1777,size=0,nr_inodes=0";
  // One file for each two pages, so that empty files are not a way around the limit.
  return fmt::format("mode=1777,size={},nr_inodes={}", size,
                     std::max<std::uint64_t>(size / 8192, 1024));
}

}  // namespace openfc::sandbox::launcher
