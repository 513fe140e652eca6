#pragma once

#include "base/task.h"

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace openfc {

namespace detail {
template <class Work>
class Job;
}

/// Kinds of work. Each has threads of its own, so that none waits for another.
enum class Lane {
  prepare,  // unpacking again what a cold start waits for
  publish,  // checking and unpacking what was uploaded
  compile,  // waiting for programs that byte-compile
  fetch,    // requests to remote buckets
  objects,  // files of buckets, downloads of code
  parse,    // large bodies: JSON, base64, checksums
  logs,     // what functions print; audit logs
  traces,   // requests to collectors of traces
  sweep,    // removing what nobody needs any more
};
inline constexpr std::size_t laneCount = static_cast<std::size_t>(Lane::sweep) + 1;

/// What whoever waits for a job gets when the workers stop before its turn.
class Stopped : public std::runtime_error {
public:
  Stopped() : std::runtime_error("the server is stopping") {}
};

/// Threads for what blocks (unpacking, fsync, libcurl), some for each lane, started when they are
/// needed. Within a lane the accounts take turns, and the jobs of one never have all threads, so
/// that the next account need not wait for them. Thread-safe, but for stop(). Jobs refer to what
/// their owners own, so stop() comes before any of that goes.
class Workers {
public:
  /// How many each lane may have, in their order.
  using Threads = std::array<std::size_t, laneCount>;
  static constexpr Threads usual = {3, 3, 3, 4, 4, 3, 3, 1, 1};

  explicit Workers(const Threads& threads = usual);
  /// So many in each lane.
  explicit Workers(std::size_t threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  /// `account`: whose turn it takes; "" = the server's own.
  void post(Lane lane, const std::string& account, Loop::Function function);
  /// Returns when no job runs any more. Jobs whose turn has not come are dropped, and whoever waits
  /// for one gets Stopped, also for what is posted later. The destructor does so too.
  void stop();
  /// For jobs that take long: they end early when it is requested.
  std::stop_token stopping() const { return stop_.get_token(); }

  /// Runs `work` on a thread of the lane and resumes the awaiting coroutine on `home` with its
  /// result or exception, or with Stopped.
  template <class Work>
  auto run(Lane lane, std::string account, Loop& home, Work work)
      -> Task<std::invoke_result_t<Work>>;

private:
  template <class Work>
  friend class detail::Job;
  /// What becomes of a job, told once.
  enum class Fate { run, dropped };
  using Job = std::move_only_function<void(Fate)>;

  struct Account {
    std::deque<Job> waiting;
    std::size_t running = 0;
  };
  struct Queue {
    std::size_t most = 1;  // threads
    std::size_t idle = 0;
    std::size_t pending = 0;  // jobs that wait
    std::vector<std::thread> threads;
    std::map<std::string, Account> accounts;  // those that have jobs
    std::deque<std::string> turns;            // of those with jobs that wait, the next first
    std::condition_variable wake;
  };

  void enqueue(Lane lane, const std::string& account, Job job);
  void serve(Queue& queue);
  static std::deque<std::string>::iterator nextTurn(Queue& queue);
  static std::size_t share(const Queue& queue);

  std::mutex mutex_;  // guards the queues
  std::array<Queue, laneCount> queues_;
  std::stop_source stop_;
};

namespace detail {

/// Awaitable: does `work` on a worker thread, then resumes the waiter on `home`.
template <class Work>
class Job {
public:
  using Result = std::invoke_result_t<Work>;

  Job(Workers& workers, Loop& home, Work work)
      : workers_(workers), home_(home), work_(std::move(work)) {}

  /// Where it is done.
  void in(Lane lane, std::string account) {
    lane_ = lane;
    account_ = std::move(account);
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    workers_.enqueue(lane_, account_, [this, waiter](Workers::Fate fate) {
      if (fate == Workers::Fate::run) {
        perform();
      } else {
        failure_ = std::make_exception_ptr(Stopped());
      }
      home_.post([waiter] { waiter.resume(); });
    });
  }
  Result await_resume() {
    if (failure_) std::rethrow_exception(failure_);
    if constexpr (!std::is_void_v<Result>)
      return std::move(*value_);  // NOLINT(bugprone-unchecked-optional-access): given by now
  }

private:
  using Value = std::conditional_t<std::is_void_v<Result>, std::monostate, Result>;

  void perform() noexcept {
    try {
      if constexpr (std::is_void_v<Result>) {
        work_();
      } else {
        value_.emplace(work_());
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  Workers& workers_;
  Lane lane_ = Lane::parse;
  std::string account_;
  Loop& home_;
  Work work_;
  std::optional<Value> value_;
  std::exception_ptr failure_;
};

}  // namespace detail

template <class Work>
auto Workers::run(Lane lane, std::string account, Loop& home, Work work)
    -> Task<std::invoke_result_t<Work>> {
  detail::Job<Work> job(*this, home, std::move(work));
  job.in(lane, std::move(account));
  co_return co_await job;
}

}  // namespace openfc
