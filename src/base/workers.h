#pragma once

#include "base/task.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace openfc {

/// A few threads for what blocks (unpacking, fsync, libcurl). Thread-safe. The destructor lets
/// queued work end.
class Workers {
public:
  explicit Workers(int threads);
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void post(Loop::Function function);

  /// Runs `work` on a worker thread and resumes the awaiting coroutine on `home` with its result or
  /// exception.
  template <class Work>
  auto run(Loop& home, Work work) -> Task<std::invoke_result_t<Work>>;

private:
  void serve();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Loop::Function> queue_;
  bool stopping_ = false;
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
    workers_.post([this, waiter] {
      perform();
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
