#pragma once

#include "base/task.h"

#include <deque>
#include <memory>
#include <utility>

namespace openfc::scheduler {

/// Lets at most `count` holders in at a time, the others in order. Belongs to the loop.
class Slots {
public:
  explicit Slots(std::size_t count) : free_(count) {}

  /// Giving the slot back is its destructor.
  class Slot {
  public:
    explicit Slot(Slots& slots) : slots_(&slots) {}
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_ != nullptr) slots_->giveBack();
    }

  private:
    Slots* slots_;
  };

  Task<Slot> take() {
    if (free_ > 0) {
      --free_;
    } else {
      auto turn = std::make_shared<OneShot<bool>>();
      waiting_.push_back(turn);
      co_await *turn;  // the slot is handed over, never free in between
    }
    co_return Slot(*this);
  }

private:
  void giveBack() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next->give(true);
  }

  std::size_t free_;
  std::deque<std::shared_ptr<OneShot<bool>>> waiting_;
};

}  // namespace openfc::scheduler
