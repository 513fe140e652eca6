#include "net/deadline.h"

#include "net/loop_impl.h"

namespace openfc::net {

Deadline::Deadline(EventLoop& loop, Loop::Function passed)
    : agenda_(loop.impl().agenda), passed_(std::move(passed)) {}

Deadline::~Deadline() { agenda_.forget(*this); }

void Deadline::set(SteadyTime due) {
  due_ = due;
  if (due < scheduled_) agenda_.watch(*this);
}

}  // namespace openfc::net
