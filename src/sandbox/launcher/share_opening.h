#pragma once

#include "base/fd.h"
#include "sandbox/launcher/shares.h"

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// Looks at shares in a process of its own: a file system that does not answer holds whoever asks
/// it inside the kernel, where not even SIGKILL may reach him. The destructor kills the process,
/// and does not wait for its end.
class ShareOpening {
public:
  /// Tells which share comes next.
  using Progress = std::function<void(std::size_t)>;
  /// Runs in the process. What it throws is told.
  using Work = std::function<std::vector<Fd>(const Progress&)>;

  /// Throws SystemError.
  ShareOpening(const Work& work, std::chrono::milliseconds patience);
  ~ShareOpening();
  ShareOpening(const ShareOpening&) = delete;
  ShareOpening& operator=(const ShareOpening&) = delete;

  /// Readable when there is something to hear.
  int told() const { return told_.get(); }
  /// Readable when patience has ended.
  int timer() const { return timer_.get(); }
  /// What the work returned; nothing = it is not done. Throws Refusal and std::runtime_error as the
  /// work did, and ShareTimeout.
  std::optional<std::vector<Fd>> hear();
  void kill() const;
  /// The process, for whoever reaps it.
  Fd takeProcess() { return std::move(process_); }

private:
  Fd told_;
  Fd timer_;
  Fd process_;  // pidfd
  std::size_t at_ = 0;
};

/// A share has not answered in time.
class ShareTimeout : public std::runtime_error {
public:
  explicit ShareTimeout(std::size_t which)
      : std::runtime_error("a share does not answer"), which_(which) {}
  std::size_t which() const { return which_; }  // as Progress counts

private:
  std::size_t which_;
};

/// Opens every directory of the table, as a server's start does. Throws std::runtime_error naming
/// the one that is not there or does not answer.
void checkShares(const std::vector<std::string>& table, const Defences& defences,
                 std::chrono::milliseconds patience);

}  // namespace openfc::sandbox::launcher
