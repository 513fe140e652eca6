#pragma once

// Private to this room: includes Asio.
#include "net/deadline.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <set>
#include <unordered_map>
#include <utility>

namespace openfc::net {

/// All deadlines and timers of a loop behind one Asio timer. The timer is only ever moved forward
/// to an earlier moment; what became later or was cancelled is noticed when it fires. So a deadline
/// per read and a timer per request cost no system call, and a loop with nothing to wait for does
/// not wake up.
class Agenda {
public:
  explicit Agenda(boost::asio::io_context& context) : timer_(context.get_executor()) {}

  void watch(Deadline& deadline);
  void forget(Deadline& deadline);

  Loop::TimerId after(SteadyTime due, Loop::Function function);
  void cancel(Loop::TimerId id);

private:
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        boost::asio::io_context::executor_type>;
  void arm(SteadyTime moment);
  void fire();
  void armNext();
  void fireDeadlines(SteadyTime now);
  void fireTimers(SteadyTime now);

  Timer timer_;
  SteadyTime armed_ = SteadyTime::max();
  std::set<std::pair<SteadyTime, Deadline*>> deadlines_;
  std::map<std::pair<SteadyTime, Loop::TimerId>, Loop::Function> timers_;
  std::unordered_map<Loop::TimerId, SteadyTime> dueOf_;
  Loop::TimerId lastId_ = 0;
};

}  // namespace openfc::net
