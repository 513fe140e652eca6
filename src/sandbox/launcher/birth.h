#pragma once

#include "base/fd.h"
#include "sandbox/launcher/defences.h"

#include <linux/filter.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace openfc::sandbox::launcher {

/// What one sandbox's first process gets. Descriptors are the launcher's; the child has copies of
/// them.
struct BirthPlan {
  Defences defences;
  std::span<const Fd> entrances;  // cgroup.procs of its groups
  std::span<const sock_filter> filter;
  int control = -1;   // becomes descriptor 3
  int output = -1;    // 1 and 2
  int null = -1;      // 0
  int launcher = -1;  // pidfd of this process: readable when it is gone
  uid_t user = 0;     // and group
  rlim_t files = 0;   // the most open descriptors of a process
  std::string tmpOptions;
};

struct Labour;

struct Born {
  pid_t process = 0;
  Fd pidfd;
};

/// What a child runs on until it has executed init.
class Stack {
public:
  Stack();
  Stack(Stack&& other) noexcept;
  Stack& operator=(Stack&&) = delete;
  ~Stack();
  void* top() const;

private:
  void* memory_;
};

/// One child on its way to init. It borrows this program's memory (clone with CLONE_VM: no page
/// tables are copied) and runs beside it, because joining control groups may wait for other
/// processors for many milliseconds. So it allocates nothing, uses no function of the C library,
/// and what it reads (the plan) stays where it is until the end. The destructor kills a child that
/// is not done.
class Birth {
public:
  /// Call inside the mount namespace of the root tree. Returns at once. Throws SystemError.
  Birth(BirthPlan plan, Stack stack);
  ~Birth();
  Birth(const Birth&) = delete;
  Birth& operator=(const Birth&) = delete;

  /// Readable when the child has executed init or has failed.
  int done() const { return done_.get(); }
  /// Once it is done. Throws std::runtime_error with the step that failed.
  Born finish();
  /// After finish().
  Stack takeStack() { return std::move(stack_); }

private:
  BirthPlan plan_;
  Stack stack_;
  std::unique_ptr<Labour> labour_;
  Fd done_;
  Born born_;
};

/// Of a sandbox that has not been adopted. For the processors it weighs as much as one of
/// `defaultWeight` bytes: what comes up takes no more from the work under way than a small
/// function.
constexpr std::uint64_t defaultTmpSize = std::uint64_t{512} << 20;
constexpr std::uint64_t defaultMemory = std::uint64_t{512} << 20;
constexpr std::uint64_t defaultWeight = std::uint64_t{128} << 20;

/// The data of a tmpfs mount at /tmp: its size and number of files.
std::string tmpOptionsOf(std::uint64_t size, const Defences& defences);

}  // namespace openfc::sandbox::launcher
