#pragma once

#include "base/cancellation.h"
#include "base/task.h"

#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace openfc::scheduler {

/// Lets at most `count` holders in at a time. Those who wait belong to queues, and the queues take
/// turns: a long one delays nobody else by more than one holder. Belongs to the loop.
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

  /// Nothing when it was called off before its turn. `cancellation` must live until the task ends.
  Task<std::optional<Slot>> take(std::string queue, Cancellation& cancellation) {
    if (cancellation.cancelled()) co_return std::nullopt;
    if (free_ > 0) {
      --free_;
      co_return Slot(*this);
    }
    auto turn = std::make_shared<OneShot<bool>>();
    queueOf(std::move(queue)).push_back(turn);
    cancellation.onCancel([this, turn] {
      leave(turn);
      turn->give(false);
    });
    const bool mine = co_await *turn;  // the slot is handed over, never free in between
    cancellation.onCancel(nullptr);
    if (!mine) co_return std::nullopt;
    co_return Slot(*this);
  }

private:
  using Turn = std::shared_ptr<OneShot<bool>>;
  using Turns = std::deque<Turn>;

  Turns& queueOf(std::string name) {
    for (auto& [queue, turns] : waiting_) {
      if (queue == name) return turns;
    }
    return waiting_.emplace_back(std::move(name), Turns()).second;
  }

  void leave(const Turn& turn) {
    for (auto queue = waiting_.begin(); queue != waiting_.end(); ++queue) {
      if (std::erase(queue->second, turn) == 0) continue;
      if (queue->second.empty()) waiting_.erase(queue);
      return;
    }
  }

  void giveBack() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    auto next = std::move(waiting_.front().second.front());
    waiting_.front().second.pop_front();
    if (waiting_.front().second.empty()) {
      waiting_.pop_front();
    } else {
      waiting_.splice(waiting_.end(), waiting_, waiting_.begin());
    }
    next->give(true);
  }

  std::size_t free_;
  std::list<std::pair<std::string, Turns>> waiting_;  // the queue whose turn it is first
};

}  // namespace openfc::scheduler
