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

/// Lets at most `count` holders in at a time. Those who wait belong to queues of accounts. Accounts
/// take turns, and so do the queues of each: a long one delays nobody else by more than one holder,
/// and many delay other accounts no more than one. Belongs to the loop.
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
  Task<std::optional<Slot>> take(std::string account, std::string queue,
                                 Cancellation& cancellation) {
    if (cancellation.cancelled()) co_return std::nullopt;
    if (free_ > 0) {
      --free_;
      co_return Slot(*this);
    }
    auto turn = std::make_shared<OneShot<bool>>();
    turnsOf(account, queue).push_back(turn);
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
  struct Queue {
    std::string name;
    std::deque<Turn> turns;
  };
  struct Account {
    std::string name;
    std::list<Queue> queues;  // the one whose turn it is first
  };

  template <class Named>
  static Named& named(std::list<Named>& all, const std::string& name) {
    for (Named& one : all) {
      if (one.name == name) return one;
    }
    return all.emplace_back(Named{.name = name});
  }

  std::deque<Turn>& turnsOf(const std::string& account, const std::string& queue) {
    return named(named(waiting_, account).queues, queue).turns;
  }

  void leave(const Turn& turn) {
    for (auto account = waiting_.begin(); account != waiting_.end(); ++account) {
      for (auto queue = account->queues.begin(); queue != account->queues.end(); ++queue) {
        if (std::erase(queue->turns, turn) == 0) continue;
        if (queue->turns.empty()) account->queues.erase(queue);
        if (account->queues.empty()) waiting_.erase(account);
        return;
      }
    }
  }

  /// The first had its turn: it goes to the end, or away when nobody waits in it any more.
  template <class Named>
  static void advance(std::list<Named>& all, bool empty) {
    if (empty) {
      all.pop_front();
    } else {
      all.splice(all.end(), all, all.begin());
    }
  }

  void giveBack() {
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    auto& queues = waiting_.front().queues;
    auto& turns = queues.front().turns;
    const Turn next = std::move(turns.front());
    turns.pop_front();
    advance(queues, turns.empty());
    advance(waiting_, queues.empty());
    next->give(true);
  }

  std::size_t free_;
  std::list<Account> waiting_;  // the one whose turn it is first
};

}  // namespace openfc::scheduler
