#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

namespace openfc::sandbox {

/// A value that comes once and one coroutine that may wait for it, on one thread. Unlike OneShot,
/// the waiting coroutine may be destroyed while it waits.
template <class T>
class Mailbox {
public:
  void put(T value) {
    if (value_) return;
    value_.emplace(std::move(value));
    if (const auto waiter = std::exchange(waiter_, {})) waiter.resume();
  }

  class Awaiter {
  public:
    explicit Awaiter(std::shared_ptr<Mailbox> box) : box_(std::move(box)) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() {
      if (waiting_) box_->waiter_ = {};
    }
    bool await_ready() const noexcept { return box_->value_.has_value(); }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      box_->waiter_ = waiter;
      waiting_ = true;
    }
    T await_resume() {
      waiting_ = false;
      // NOLINTNEXTLINE(bugprone-unchecked-optional-access): resumed only when it is there
      return std::move(*box_->value_);
    }

  private:
    std::shared_ptr<Mailbox> box_;
    bool waiting_ = false;
  };

private:
  std::optional<T> value_;
  std::coroutine_handle<> waiter_;
};

}  // namespace openfc::sandbox
