#pragma once

// Private to this room: includes Asio.
#include "base/fd.h"
#include "net/deadline.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <coroutine>
#include <memory>
#include <utility>

namespace openfc::net {

/// A non-blocking descriptor in the loop's epoll set, and who waits for it: one waiter to read, one
/// to write. Owned by shared_ptr because Asio holds it as long as a wait is under way, which may be
/// longer than its stream lives.
class Descriptor : public std::enable_shared_from_this<Descriptor> {
public:
  enum class Side { read, write };
  enum class Wake { ready, timedOut, closed };
  class Until;

  Descriptor(EventLoop& loop, Fd fd);

  int fd() { return device_.native_handle(); }
  bool isOpen() const { return device_.is_open(); }
  /// Whether it is a socket: those are written with MSG_NOSIGNAL.
  bool isSocket() const { return isSocket_; }
  /// Waiters are woken with Wake::closed, later on the loop.
  void close();

  /// Awaitable: suspends until the side is ready, the moment has passed or the descriptor is
  /// closed.
  Until until(Side side, SteadyTime due);
  /// Calls `function` once when the read side is ready or closed; nullptr forgets it. Not while
  /// until(read) waits.
  void onReadable(Loop::Function function);

  /// The reader's note that the last read took all there was, so that the next one waits before it
  /// tries.
  void drained() { sides_[0].drained = true; }
  bool isDrained() const { return sides_[0].drained; }

private:
  struct Waiting {
    std::coroutine_handle<> waiter;
    Loop::Function function;
    Deadline deadline;
    Wake wake = Wake::ready;
    bool armed = false;  // Asio has a wait for this side
    bool drained = false;
  };
  using Device =
      boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type>;

  Waiting& waiting(Side side) { return sides_[side == Side::read ? 0 : 1]; }
  void arm(Side side);
  void wake(Waiting& waiting, Wake reason);

  Device device_;
  bool isSocket_;
  Waiting sides_[2];
};

class Descriptor::Until {
public:
  Until(Descriptor& descriptor, Side side, SteadyTime due)
      : descriptor_(descriptor), side_(side), due_(due) {}
  Until(const Until&) = delete;
  Until& operator=(const Until&) = delete;
  /// Also when the waiting coroutine is destroyed: then nobody is woken.
  ~Until() {
    Waiting& waiting = descriptor_.waiting(side_);
    waiting.waiter = {};
    waiting.deadline.clear();
  }

  bool await_ready() const { return !descriptor_.isOpen(); }
  void await_suspend(std::coroutine_handle<> waiter) {
    Waiting& waiting = descriptor_.waiting(side_);
    waiting.waiter = waiter;
    waiting.deadline.set(due_);
    descriptor_.arm(side_);
  }
  Wake await_resume() const {
    return descriptor_.isOpen() ? descriptor_.waiting(side_).wake : Wake::closed;
  }

private:
  Descriptor& descriptor_;
  Side side_;
  SteadyTime due_;
};

inline Descriptor::Until Descriptor::until(Side side, SteadyTime due) { return {*this, side, due}; }

}  // namespace openfc::net
