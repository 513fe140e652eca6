#pragma once

#include "base/task.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <type_traits>
#include <vector>

namespace openfc {

namespace detail {
template <class Work>
class Job;
}

/// What whoever waits for a job gets when the workers stop before its turn.
class Stopped : public std::runtime_error {
public:
  Stopped() : std::runtime_error("the server is stopping") {}
};

/// A few threads for what blocks (unpacking, fsync, libcurl). Thread-safe, but for stop(). Jobs
/// refer to what their owners own, so stop() comes before any of that goes.
class Workers {
public:
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void post(Loop::Function function);
  /// Returns when no job runs any more. Jobs whose turn has not come are dropped, and whoever waits
  /// for one gets Stopped, also for what is posted later. The destructor does so too.
  void stop();
  /// For jobs that take long: they end early when it is requested.
  std::stop_token stopping() const { return stop_.get_token(); }

  /// Runs `work` on a worker thread and resumes the awaiting coroutine on `home` with its result or
  /// exception, or with Stopped.
  template <class Work>
  auto run(Loop& home, Work work) -> Task<std::invoke_result_t<Work>>;

private:
  template <class Work>
  friend class detail::Job;
  /// What becomes of a job, told once.
  enum class Fate { run, dropped };
  using Job = std::move_only_function<void(Fate)>;

  void enqueue(Job job);
  void serve();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  std::stop_source stop_;
  std::vector<std::thread> threads_;
};

namespace detail {

/// Awaitable: does `work` on a worker thread, then resumes the waiter on `home`.
template <class Work>
class Job {
public:
  using Result = std::invoke_result_t<Work>;

  Job(Workers& workers, Loop& home, Work work)
      : workers_(workers), home_(home), work_(std::move(work)) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    workers_.enqueue([this, waiter](Workers::Fate fate) {
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
  Loop& home_;
  Work work_;
  std::optional<Value> value_;
  std::exception_ptr failure_;
};

}  // namespace detail

template <class Work>
auto Workers::run(Loop& home, Work work) -> Task<std::invoke_result_t<Work>> {
  co_return co_await detail::Job<Work>(*this, home, std::move(work));
}

}  // namespace openfc
