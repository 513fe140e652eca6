#include "net/agenda.h"

#include <algorithm>

namespace openfc::net {

void Agenda::watch(Deadline& deadline) {
  if (deadline.scheduled_ != SteadyTime::max()) deadlines_.erase({deadline.scheduled_, &deadline});
  deadline.scheduled_ = deadline.due_;
  deadlines_.emplace(deadline.scheduled_, &deadline);
  arm(deadline.scheduled_);
}

void Agenda::forget(Deadline& deadline) {
  if (deadline.scheduled_ != SteadyTime::max()) deadlines_.erase({deadline.scheduled_, &deadline});
  deadline.scheduled_ = SteadyTime::max();
}

Loop::TimerId Agenda::after(SteadyTime due, Loop::Function function) {
  const Loop::TimerId id = ++lastId_;
  timers_.emplace(std::pair(due, id), std::move(function));
  dueOf_.emplace(id, due);
  arm(due);
  return id;
}

void Agenda::cancel(Loop::TimerId id) {
  const auto found = dueOf_.find(id);
  if (found == dueOf_.end()) return;
  timers_.erase({found->second, id});
  dueOf_.erase(found);
}

void Agenda::arm(SteadyTime moment) {
  if (moment >= armed_) return;
  armed_ = moment;
  timer_.expires_at(moment);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) fire();
  });
}

void Agenda::fire() {
  armed_ = SteadyTime::max();
  // What a function throws is for the loop to tell; the turn of the others comes all the same.
  struct Rearming {
    Agenda& agenda;
    ~Rearming() { agenda.armNext(); }
  };
  const Rearming rearming{*this};
  const SteadyTime now = std::chrono::steady_clock::now();
  fireDeadlines(now);
  fireTimers(now);
}

/// The functions may have armed the timer for something later than what was there before.
void Agenda::armNext() {
  SteadyTime next = SteadyTime::max();
  if (!deadlines_.empty()) next = deadlines_.begin()->first;
  if (!timers_.empty()) next = std::min(next, timers_.begin()->first.first);
  if (next != SteadyTime::max()) arm(next);
}

void Agenda::fireDeadlines(SteadyTime now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Deadline& deadline = *deadlines_.begin()->second;
    forget(deadline);
    if (deadline.due_ == SteadyTime::max()) continue;
    if (deadline.due_ > now) {
      watch(deadline);
      continue;
    }
    deadline.due_ = SteadyTime::max();
    deadline.passed_();
  }
}

void Agenda::fireTimers(SteadyTime now) {
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto entry = timers_.extract(timers_.begin());
    dueOf_.erase(entry.key().second);
    entry.mapped()();
  }
}

}  // namespace openfc::net
