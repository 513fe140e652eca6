#pragma once

#include "observe/segment_logs.h"
#include "scheduler/guest.h"

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace openfc::scheduler {

struct FleetFunction;

/// What one invocation's log gathers for X-Fc-Log-Result: the last 4 KB of its lines.
class InvocationLog {
public:
  InvocationLog(std::string requestId, bool wanted)
      : requestId_(std::move(requestId)), wanted_(wanted) {}
  const std::string& requestId() const { return requestId_; }
  void add(std::string_view line);
  const std::string& tail() const { return tail_; }

private:
  friend class Instance;

  std::string requestId_;
  bool wanted_;
  bool started_ = false;  // its "FC Invoke Start" has been printed
  std::string tail_;
};

struct Period {
  SteadyTime begin;
  SteadyTime end;
};

/// When an instance was started: from the need of it to its readiness, or to the failure.
struct StartTimes : Period {
  std::optional<Period> initializer;
};

/// One function's instance: an adopted guest. Belongs to the loop. Its states are the fleet's
/// business.
class Instance {
public:
  Instance(SpecPtr spec, std::shared_ptr<Guest> guest, observe::SegmentLogs& logs);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const std::string& id() const { return guest_->sandbox().id(); }
  const FunctionSpec& spec() const { return *spec_; }
  const SpecPtr& specPtr() const { return spec_; }
  Guest& guest() { return *guest_; }
  const std::shared_ptr<Guest>& guestPtr() { return guest_; }
  runtime::Worker& worker() { return guest_->worker(); }

  /// Lines printed from now on belong to this invocation too, until end(). Call begin and end in
  /// pairs.
  void begin(std::shared_ptr<InvocationLog> log);
  void end(const std::shared_ptr<InvocationLog>& log);
  /// A line of ours (FC Invoke Start …) in the function's log and the invocation's tail. Nothing
  /// for custom runtimes, whose servers print these lines themselves (runtime-contract 3.4).
  void print(InvocationLog& log, std::string line);
  /// "FC Invoke Start …", once for an invocation: with the loading of the code that it caused, else
  /// when it runs.
  void printStart(InvocationLog& log);

  /// Highest memory in MB, with what is charged to others, since the
  /// invocation that runs alone began; nearest known when several run.
  double peakMemoryMb();
  const StartTimes& startTimes() const { return start_; }
  /// Known once the guest has ended.
  bool oomKilled() const {
    const auto& exit = guest_->exit();
    return exit && exit->oom;
  }
  /// Kills what is left of a guest whose process ended unasked, and waits for its end: what a
  /// client hears of that.
  static Task<std::string> exitedBody(std::shared_ptr<Instance> self, Duration duration,
                                      double memoryMb);

private:
  friend class Fleet;
  enum class State { busy, idle, frozen, dead };

  void printed(std::string_view line);

  SpecPtr spec_;
  std::shared_ptr<Guest> guest_;
  observe::SegmentLogs& logs_;
  observe::SegmentLogs::Stream& stream_;
  std::vector<std::shared_ptr<InvocationLog>> current_;
  std::uint64_t memoryFloor_ = 0;  // what the group used when its peak was last reset
  bool peakStale_ = true;          // the peak shows an earlier invocation's allocation

  // The fleet's bookkeeping.
  StartTimes start_;
  std::shared_ptr<FleetFunction> function_;  // which holds this as long as it lives
  State state_ = State::busy;
  int inFlight_ = 0;
  int visits_ = 0;            // programs of others in it: it stays awake
  bool listed_ = false;       // in its function's list of instances with room
  bool hooked_ = false;       // one of its hooks runs
  bool retired_ = false;      // its version was replaced: killed when its last invocation has ended
  bool provisioned_ = false;  // kept ready: never reclaimed or evicted
  bool awake_ = false;        // nothing could freeze it, though it rests as if
  std::uint64_t reserved_ = 0;
  SteadyTime born_;
  SteadyTime idleSince_;
  std::list<std::shared_ptr<Instance>>* home_ = nullptr;  // the fleet's list that holds it
  std::list<std::shared_ptr<Instance>>::iterator place_;  // … there
};

}  // namespace openfc::scheduler
