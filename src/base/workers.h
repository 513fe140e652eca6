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

template <class Work>
auto Workers::run(Loop& home, Work work) -> Task<std::invoke_result_t<Work>> {
  using Result = std::invoke_result_t<Work>;
  using Value = std::conditional_t<std::is_void_v<Result>, std::monostate, Result>;
  struct Job {
    Workers& workers;
    Loop& home;
    Work work;
    std::optional<Value> value;
    std::exception_ptr failure;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      workers.post([this, waiter] {
        try {
          if constexpr (std::is_void_v<Result>) {
            work();
            value.emplace();
          } else {
            value.emplace(work());
          }
        } catch (...) {
          failure = std::current_exception();
        }
        home.post([waiter] { waiter.resume(); });
      });
    }
    void await_resume() {
      if (failure) std::rethrow_exception(failure);
    }
  };
  Job job{*this, home, std::move(work), {}, {}};
  co_await job;
  if constexpr (!std::is_void_v<Result>) co_return std::move(*job.value);
}

}  // namespace openfc
