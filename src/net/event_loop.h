#pragma once

#include "base/loop.h"
#include "net/stream.h"

#include <functional>
#include <memory>
#include <string>

namespace openfc::net {

/// The real loop: Boost.Asio's io_context on one thread.
class EventLoop final : public Loop {
public:
  EventLoop();
  ~EventLoop() override;

  void post(Function function) override;
  TimerId after(Duration delay, Function function) override;
  void cancel(TimerId timer) override;
  SteadyTime steady() const override;

  /// Serves until stop(). Call on the thread that the loop shall belong to.
  void run();
  /// Ends run(). Thread-safe.
  void stop();
  /// Calls `function` on the loop for each SIGTERM, SIGINT or SIGHUP (its number). Once a program.
  void onSignal(std::function<void(int)> function);

  /// Takes a connected socket, pipe end or pidfd-like descriptor (made non-blocking) as a stream.
  std::unique_ptr<Stream> adopt(Fd fd);
  /// Resumes when `fd` is readable (a pidfd: when the process ended). Throws IoError{timedOut}.
  Task<> readable(int fd, SteadyTime deadline);
  /// The same for writing.
  Task<> writable(int fd, SteadyTime deadline);
  /// Connects `socket` (unconnected, non-blocking, perhaps of another network namespace) to
  /// 127.0.0.1:port. Throws SystemError (ECONNREFUSED …) or IoError{timedOut}.
  Task<> connectLocal(int socket, int port, SteadyTime deadline);

  struct Impl;
  Impl& impl() { return *impl_; }

private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace openfc::net
