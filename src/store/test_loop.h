#pragma once

#include "base/loop.h"
#include "base/task.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>

namespace openfc::store {

/// A loop for tests of what works on other threads: real time, and it blocks until something is
/// posted.
class TestLoop final : public Loop {
public:
  void post(Function function) override {
    {
      const std::lock_guard lock(mutex_);
      posted_.push_back(std::move(function));
    }
    wake_.notify_one();
  }
  TimerId after(Duration delay, Function function) override {
    timers_.emplace(std::pair(steady() + delay, ++last_), std::move(function));
    return last_;
  }
  void cancel(TimerId timer) override {
    std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; });
  }
  SteadyTime steady() const override { return std::chrono::steady_clock::now(); }

  /// Runs what is posted and due until `done` says so. Throws when that takes too long.
  template <class Predicate>
  void runUntil(Predicate done) {
    const SteadyTime deadline = steady() + std::chrono::seconds(60);
    while (!done()) {
      if (steady() > deadline) throw std::runtime_error("the test's loop waited in vain");
      runOne();
    }
  }

  /// Runs `task` to its end and returns its result.
  template <class T>
  T await(Task<T> task) {
    Ending<T> ending;
    spawn(finish(std::move(task), &ending), "test");
    runUntil([&ending] { return ending.ended; });
    if (ending.failure) std::rethrow_exception(ending.failure);
    if constexpr (!std::is_void_v<T>) {
      if (!ending.result) throw std::logic_error("the task ended without a result");
      return std::move(*ending.result);
    }
  }

private:
  template <class T>
  struct Ending {
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> result;
    std::exception_ptr failure;
    bool ended = false;
  };

  template <class T>
  static Task<> finish(Task<T> task, Ending<T>* ending) {
    try {
      if constexpr (std::is_void_v<T>) {
        co_await task;
      } else {
        ending->result.emplace(co_await task);
      }
    } catch (...) {
      ending->failure = std::current_exception();
    }
    ending->ended = true;
  }

  void runOne() {
    Function function;
    {
      std::unique_lock lock(mutex_);
      auto next = steady() + std::chrono::seconds(1);
      if (!timers_.empty()) next = std::min(next, timers_.begin()->first.first);
      wake_.wait_until(lock, next, [this] { return !posted_.empty(); });
      if (!posted_.empty()) {
        function = std::move(posted_.front());
        posted_.pop_front();
      }
    }
    if (function) {
      function();
    } else if (!timers_.empty() && timers_.begin()->first.first <= steady()) {
      timers_.extract(timers_.begin()).mapped()();
    }
  }

  std::mutex mutex_;  // guards posted_
  std::condition_variable wake_;
  std::deque<Function> posted_;
  std::map<std::pair<SteadyTime, TimerId>, Function> timers_;
  TimerId last_ = 0;
};

}  // namespace openfc::store
