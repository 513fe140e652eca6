#pragma once

#include "scheduler/function_spec.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace openfc::scheduler {

/// A sandbox with its runtime process: the part of an instance that exists before a function is
/// known. Belongs to the loop. Shared, because its reader and its exit watcher may outlast the
/// instance for a moment.
class Guest : public std::enable_shared_from_this<Guest> {
public:
  /// `presence` is held until the guest and all that watches it is gone. Throws std::runtime_error
  /// with the launcher's reason.
  static Task<std::shared_ptr<Guest>> create(net::EventLoop& loop, sandbox::Factory& factory,
                                             sandbox::Shape shape, std::shared_ptr<void> presence);
  ~Guest();

  void start(const Launch& launch);
  /// The same for a process that knows no function, as a copy of a prepared one where there is one
  /// (true). Throws std::runtime_error.
  static Task<bool> startGeneric(std::shared_ptr<Guest> self, Launch launch);
  sandbox::Sandbox& sandbox() { return *sandbox_; }
  runtime::Worker& worker() { return *worker_; }

  const std::optional<sandbox::Exit>& exit() const { return exit_; }
  /// Called once, when the process group has ended; at once if it has already.
  void onExit(Loop::Function function);
  /// Called for each line that the group prints (at most 32 KB, longer lines are cut there).
  /// nullptr = discard.
  void onLine(std::function<void(std::string_view)> function) { line_ = std::move(function); }
  /// Takes in what was printed up to this moment; an unfinished last line counts as a line.
  void drainOutput();
  /// Kills the group; onExit follows.
  void kill();
  /// Resumes when the group has ended, or after `patience`.
  static Task<> gone(std::shared_ptr<Guest> self, Duration patience);

private:
  Guest(net::EventLoop& loop, std::unique_ptr<sandbox::Sandbox> sandbox,
        std::shared_ptr<void> presence);
  void makeWorker(const Launch& launch);
  static Task<> watchExit(std::shared_ptr<Guest> self);
  static Task<> readOutput(std::shared_ptr<Guest> self);
  void take(std::string_view bytes);
  void finishLine();
  void deliver();

  std::shared_ptr<void> presence_;  // first: let go last
  net::EventLoop& loop_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<net::Stream> output_;
  std::unique_ptr<runtime::Worker> worker_;
  std::optional<sandbox::Exit> exit_;
  Loop::Function onExit_;
  std::vector<std::shared_ptr<OneShot<bool>>> whenGone_;
  std::function<void(std::string_view)> line_;
  std::string partial_;
  std::string recent_;    // the last lines, for messages about a process that did not come up
  bool cutting_ = false;  // the rest of a line that was too long is being dropped
};

}  // namespace openfc::scheduler
