#pragma once

// For this room's tests: runs a coroutine on a loop of the test's own thread.
#include "net/event_loop.h"

#include <exception>
#include <type_traits>

namespace openfc::net {

template <class T>
Task<> keepResult(EventLoop* loop, Task<T> task,
                  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>>* value,
                  std::exception_ptr* failure) {
  try {
    if constexpr (std::is_void_v<T>) {
      co_await task;
      value->emplace(true);
    } else {
      value->emplace(co_await task);
    }
  } catch (...) {
    *failure = std::current_exception();
  }
  loop->stop();
}

/// The result or exception of `task`.
template <class T>
T runOn(EventLoop& loop, Task<T> task) {
  std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
  std::exception_ptr failure;
  loop.post([&] { spawn(keepResult(&loop, std::move(task), &value, &failure), "a test's task"); });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  if constexpr (!std::is_void_v<T>)
    return std::move(*value);  // NOLINT(bugprone-unchecked-optional-access): given by now
}

}  // namespace openfc::net
