#pragma once

#include "base/fd.h"
#include "sandbox/launcher/birth.h"
#include "sandbox/launcher/cgroups.h"
#include "sandbox/zygote/messages.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// What a zygote is started with: an interpreter with a bootstrap that forks once it is warm.
struct ZygoteProgram {
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
};

/// What all zygotes of a launcher have in common. Descriptors are the launcher's.
struct ZygoteWorld {
  const Layout& layout;
  Defences defences;
  std::span<const sock_filter> filter;
  std::span<const sock_filter> own;  // the zygote's
  rlim_t files = 0;
  std::size_t mostCopies = 0;  // of one zygote
  int null = -1;
  int launcher = -1;
  int tree = -1;  // mount namespaces: of the root tree, and the launcher's own
  int home = -1;
};

/// What the sandbox of a copy is.
struct CopyPlace {
  std::uint32_t id = 0;
  uid_t user = 0;
  int init = -1;  // pidfd
  int control = -1;
  int output = -1;
  std::span<const Fd> entrances;
};

/// A prepared process that is copied into sandboxes (docs/launcher-protocol.md). The copies are the
/// launcher's children and outlive it. The destructor ends it.
class Zygote {
public:
  /// Starts it; returns at once. Throws SystemError.
  Zygote(ZygoteProgram program, const std::string& groupName, const ZygoteWorld& world);
  ~Zygote();
  Zygote(const Zygote&) = delete;
  Zygote& operator=(const Zygote&) = delete;

  /// Readable when it executes its program or could not; none after finishBirth().
  int born() const { return birth_ ? birth_->done() : -1; }
  /// Throws std::runtime_error with the step that failed.
  void finishBirth();

  /// Of the process; -1 = it is none yet, or forgotten.
  int pidfd() const { return birth_ ? birth_->pidfd() : process_.pidfd.get(); }
  /// The destructor leaves the process to itself. Only once it was killed.
  void forget();

  int socket() const { return socket_.get(); }
  int output() const { return output_.get(); }
  /// Asks for a copy. Throws SystemError.
  void copyInto(const CopyPlace& place);

  struct Heard {
    zygote::Report report;
    Fd copy;  // pidfd, with Said::copied
  };
  /// The next report; nothing = none is there.
  std::optional<Heard> hear();
  /// Whether the socket's other ends are closed: there will be no report.
  bool gone() const { return gone_; }
  /// Whether it ever waited for orders.
  bool ready() const { return ready_; }
  /// All copies have the same memory layout and hash seed: nobody shall have long to make use of
  /// it.
  bool worn() const;
  /// What it printed, up to now.
  std::string said();

private:
  Group group_;
  std::vector<std::string> texts_;
  std::vector<const char*> arguments_;
  std::vector<const char*> environment_;
  Fd socket_;
  Fd output_;
  std::unique_ptr<Birth> birth_;
  Born process_;
  std::size_t copies_ = 0;
  std::size_t mostCopies_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  bool ready_ = false;
  bool gone_ = false;
};

}  // namespace openfc::sandbox::launcher
