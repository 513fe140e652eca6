#pragma once

#include "base/fd.h"
#include "sandbox/launcher/defences.h"

#include <linux/filter.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace openfc::sandbox::launcher {

/// cgroup.procs of a process's groups. There are at most five hierarchies.
struct Entrances {
  std::array<int, 8> files{};
  std::size_t count = 0;
};

/// What a process gets before its own program begins. Descriptors are those of whoever makes it; it
/// has copies of them. What the pointers name stays where it is until then.
struct BirthPlan {
  Defences defences;
  Entrances entrances;
  std::span<const sock_filter> filter;
  int control = -1;  // becomes descriptor 3
  int output = -1;   // 1, and 2 unless there is another for it
  int error = -1;    // 2
  int input = -1;    // 0; -1 = `null`
  int null = -1;
  bool terminal = false;  // 0 is the terminal of the process's session
  int launcher = -1;      // pidfd of this process: readable when it is gone
  int sandbox = -1;       // pidfd of the process whose namespaces a copy or a visitor joins
  uid_t user = 0;         // and group
  rlim_t files = 0;       // the most open descriptors of a process
  const cpu_set_t* processors = nullptr;  // those it may use; nullptr = as its parent
  const char* tmpOptions = "";
  const char* program = nullptr;
  const char* const* arguments = nullptr;  // as exec wants them
  const char* const* environment = nullptr;
};

/// The first process of a sandbox; a zygote: a process of root in the tree that sandboxes copy; or
/// a visitor: one that comes into a sandbox in which user code runs.
enum class Life : std::uint8_t { init, zygote, visitor };

struct Labour;

struct Born {
  pid_t process = 0;
  Fd pidfd;
};

/// What a child runs on until it has executed its program.
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

/// One child on its way to its program. It borrows this program's memory (clone with CLONE_VM: no
/// page tables are copied) and runs beside it, because joining control groups may wait for other
/// processors for many milliseconds. So it allocates nothing, uses no function of the C library,
/// and what it reads (the plan) stays where it is until the end. The destructor kills a child that
/// is not done.
class Birth {
public:
  /// Call inside the mount namespace of the root tree, or for a visitor with the sandbox's process
  /// namespace for children. Returns at once. Throws SystemError.
  Birth(Life life, const BirthPlan& plan, Stack stack);
  ~Birth();
  Birth(const Birth&) = delete;
  Birth& operator=(const Birth&) = delete;

  /// Readable when the child has executed its program or has failed.
  int done() const { return done_.get(); }
  /// Of the child; -1 after finish().
  int pidfd() const { return born_.pidfd.get(); }
  /// The destructor leaves the child to itself. Only once it was killed: it runs on this object.
  void forget() { born_.pidfd.reset(); }
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
