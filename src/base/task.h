#pragma once

#include "base/loop.h"

#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

namespace openfc {

/// A lazy coroutine: it runs when awaited, on the awaiter's thread, and resumes its awaiter
/// directly when it ends. Destroying a Task that is suspended destroys its frame and all it holds.
/// Parameters of coroutines are taken by value (or refer to what outlives the task); a capturing
/// lambda is never a coroutine.
template <class T = void>
class [[nodiscard]] Task;

namespace detail {

struct FinalAwaiter {
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
    return ended.promise().awaiter ? ended.promise().awaiter : std::noop_coroutine();
  }
  void await_resume() const noexcept {}
};

struct PromiseBase {
  std::coroutine_handle<> awaiter;
  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
};

template <class T>
struct Promise : PromiseBase {
  std::variant<std::monostate, T, std::exception_ptr> result;
  Task<T> get_return_object();
  template <class Value>
  void return_value(Value&& value) {
    result.template emplace<1>(std::forward<Value>(value));
  }
  void unhandled_exception() { result.template emplace<2>(std::current_exception()); }
  T take() {
    if (result.index() == 2) std::rethrow_exception(std::get<2>(std::move(result)));
    return std::get<1>(std::move(result));
  }
};

template <>
struct Promise<void> : PromiseBase {
  std::exception_ptr failure;
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void unhandled_exception() { failure = std::current_exception(); }
  void take() {
    if (failure) std::rethrow_exception(std::move(failure));
  }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
public:
  using promise_type = detail::Promise<T>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      if (handle_) handle_.destroy();
      handle_ = std::exchange(other.handle_, {});
    }
    return *this;
  }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
    handle_.promise().awaiter = awaiter;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}

inline Task<void> Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

/// A coroutine that owns itself and ends on its own.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

Detached runDetached(Task<void> task, std::string what);

}  // namespace detail

/// Starts `task` at once on this thread and lets it run to its end on its own. What it throws is
/// logged as an error with the words of `what`; a task that may fail should catch what it expects.
void spawn(Task<void> task, std::string_view what);

/// A value that one side gives once and the other side awaits, both on the same thread. The waiter
/// is resumed directly by give(). Giving twice is harmless: the first value counts.
template <class T>
class OneShot {
public:
  void give(T value) {
    if (value_) return;
    value_.emplace(std::move(value));
    if (const auto waiter = std::exchange(waiter_, {})) waiter.resume();
  }
  bool given() const { return value_.has_value(); }

  bool await_ready() const noexcept { return value_.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }
  T await_resume() {
    return std::move(*value_);  // NOLINT(bugprone-unchecked-optional-access): given by now
  }

private:
  std::optional<T> value_;
  std::coroutine_handle<> waiter_;
};

/// Suspends until `delay` has passed on `loop`.
Task<void> sleepFor(Loop& loop, Duration delay);

}  // namespace openfc
