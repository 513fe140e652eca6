#pragma once

#include "base/fd.h"
#include "base/task.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::sandbox {

enum class Network { loopback, internet };

/// What is fixed when a sandbox is built. Sandboxes of one shape are interchangeable until adopted.
struct Shape {
  Network network = Network::loopback;
};

/// A directory of the factory's table of shares, mounted readable and writable.
struct Share {
  std::uint16_t number = 0;  // in the table
  std::string below;         // "" = all of it, or a directory in it: "a/b"
  std::string place;         // where the function sees it: /mnt, /home, /data or below
  int user = -1;             // who owns there what the function makes; -1 = the directory's owner
  int group = -1;
};

/// A program that a factory may hold ready: it is then copied into sandboxes instead of executed.
struct Program {
  std::vector<std::string> argv;
  std::vector<std::string> environment;

  bool operator==(const Program&) const = default;
};

/// What makes a generic sandbox the instance of one function; only once, before any user code ran
/// in it.
struct Adoption {
  std::string code;                    // package digest mounted read-only at /code; "" = none
  std::vector<std::string> layers;     // package digests, lowest priority first, merged at /opt
  std::uint64_t memory = 128u << 20;   // bytes; the group is killed beyond it
  std::uint64_t tmpSize = 512u << 20;  // bytes of /tmp
  std::vector<Share> shares;
  /// Bit n: number n of the factory's private networks can be reached (needs Network::internet).
  std::uint32_t privateNetworks = 0;
  bool onlyPrivate = false;  // … and no other network
};

/// Thrown when what an adoption asks for cannot be had: the fault of the function's configuration,
/// and what() is for its owner.
class Refused : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// How the group ended.
struct Exit {
  int status = 0;    // wait status of the sandbox's init
  bool oom = false;  // the memory limit killed it
};

/// A further program of a sandbox in which user code runs: as confined as that, and charged to the
/// same group.
struct VisitorProgram {
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::string cwd;
  bool terminal = false;  // it is on a terminal of its own instead of three pipes
};

/// Such a program while it runs. Belongs to the loop. Destroying it kills the program.
class Visitor {
public:
  virtual ~Visitor() = default;
  /// Non-blocking; to be taken once. On a terminal all is one: its descriptor is the output.
  virtual Fd takeInput() = 0;
  virtual Fd takeOutput() = 0;
  virtual Fd takeError() = 0;
  /// The program's wait status, when it has ended. May be awaited by one task.
  virtual Task<int> ended() = 0;
};

/// One sandbox: namespaces, cgroup, and an init that waits on its control socket for a start
/// message. Belongs to the loop. Destroying it kills the whole group and gives its id, uid, cgroup
/// and network back.
class Sandbox {
public:
  virtual ~Sandbox() = default;
  /// "c-1a2b3c4d-…": shown to users as the instance id.
  virtual const std::string& id() const = 0;
  /// A text as processes of this sandbox must have it: with other paths where /code, /opt and /tmp
  /// would stand, if there is nothing at these. start() does so by itself.
  virtual std::string seen(std::string_view text) const { return std::string(text); }
  /// The port that stands for `wanted`, on which the started program shall listen.
  virtual int port(int wanted) const { return wanted; }
  /// Sends the start message: init executes argv with this environment in cwd, with the control
  /// socket as fd 3.
  virtual void start(const std::vector<std::string>& argv,
                     const std::vector<std::string>& environment, const std::string& cwd) = 0;
  /// The same by a copy of a prepared process, before the adoption. False: there is none of this
  /// program, or it could not be copied; nothing was started then. Throws std::runtime_error when
  /// the sandbox is of no use.
  virtual Task<bool> fork(Program program) = 0;
  /// The server's end of the control socket and of the pipe of stdout and stderr; to be taken once.
  virtual Fd takeControl() = 0;
  virtual Fd takeOutput() = 0;
  /// Mounts and limits. Throws Refused, or std::runtime_error with the launcher's reason; the
  /// sandbox is then of no use.
  virtual Task<> adopt(Adoption adoption) = 0;
  /// A fresh non-blocking TCP socket inside the sandbox's network namespace.
  virtual Task<Fd> socket() = 0;
  /// Lets one more program in, after the adoption; not while it is frozen. It ends with the sandbox
  /// at the latest. Throws Refused where sandboxes take no visitors, or std::runtime_error with the
  /// launcher's reason.
  virtual Task<std::unique_ptr<Visitor>> visit(VisitorProgram program) = 0;
  /// Both take effect before they return (cgroup.freeze; plain: SIGSTOP). False: nothing can freeze
  /// it here, and it goes on.
  virtual bool freeze() = 0;
  virtual void thaw() = 0;
  /// Kills every process of the group, frozen or not.
  virtual void kill() = 0;
  /// Resumes when init has ended. May be awaited by one task.
  virtual Task<Exit> ended() = 0;
  /// Bytes charged to the group at this moment, and the highest since resetPeak() (or the nearest
  /// the kernel offers).
  virtual std::uint64_t memory() const = 0;
  virtual std::uint64_t peakMemory() const = 0;
  virtual void resetPeak() = 0;
  /// Bytes that the program had in memory when it was adopted, and that are charged to somebody
  /// else: the system's programs and libraries, and what a copy shares with its original.
  virtual std::uint64_t sharedMemory() const { return 0; }
};

/// Makes sandboxes. launcher::Client is the real one; plain::Factory starts bare processes without
/// isolation.
class Factory {
public:
  virtual ~Factory() = default;
  /// Throws std::runtime_error with the launcher's reason.
  virtual Task<std::unique_ptr<Sandbox>> create(Shape shape) = 0;
  /// What this machine or process lacks, one sentence each, for `doctor` and /readyz; empty = full
  /// isolation.
  virtual std::vector<std::string> shortcomings() const = 0;
  /// Whether the launcher is alive.
  virtual bool healthy() const = 0;
};

}  // namespace openfc::sandbox
