#include "base/task.h"

#include "base/log.h"

namespace openfc {
namespace detail {

Detached runDetached(Task<void> task, std::string what) {
  try {
    co_await task;
  } catch (const std::exception& failure) {
    log::error("background task failed", {{"task", what}, {"reason", failure.what()}});
  }
}

}  // namespace detail

void spawn(Task<void> task, std::string_view what) {
  detail::runDetached(std::move(task), std::string(what));
}

Task<void> sleepFor(Loop& loop, Duration delay) {
  struct Wait {
    Loop& loop;
    Duration delay;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      loop.after(delay, [waiter] { waiter.resume(); });
    }
    void await_resume() const noexcept {}
  };
  co_await Wait{loop, delay};
}

}  // namespace openfc
