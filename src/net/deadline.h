#pragma once

#include "net/event_loop.h"

namespace openfc::net {

class Agenda;

/// Calls a function when a moment passes. Meant for deadlines that nearly never pass and move all
/// the time: set() and clear() are two stores, because the loop looks at the deadline only when the
/// earliest moment it was ever told of has come. Belongs to the loop's thread.
class Deadline {
public:
  Deadline(EventLoop& loop, Loop::Function passed);
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Replaces the moment; SteadyTime::max() = never.
  void set(SteadyTime due);
  void clear() { due_ = SteadyTime::max(); }

private:
  friend class Agenda;

  Agenda& agenda_;
  Loop::Function passed_;
  SteadyTime due_ = SteadyTime::max();
  SteadyTime scheduled_ =
      SteadyTime::max();  // when the agenda looks at it next; max = not in the agenda
};

}  // namespace openfc::net
