#include "net/event_loop.h"

#include "base/log.h"
#include "net/descriptor.h"
#include "net/fd_stream.h"
#include "net/loop_impl.h"

#include <boost/asio/post.hpp>

#include <csignal>

namespace openfc::net {

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {
  // A peer that went away is an error of the write, not the end of the program. Sockets say so by
  // flag; pipes and OpenSSL cannot.
  std::signal(SIGPIPE, SIG_IGN);
}

EventLoop::~EventLoop() = default;

void EventLoop::post(Function function) {
  boost::asio::post(impl_->context.get_executor(), std::move(function));
}

Loop::TimerId EventLoop::after(Duration delay, Function function) {
  return impl_->agenda.after(steady() + delay, std::move(function));
}

void EventLoop::cancel(TimerId timer) { impl_->agenda.cancel(timer); }

SteadyTime EventLoop::steady() const { return std::chrono::steady_clock::now(); }

void EventLoop::run() {
  impl_->context.restart();
  while (!impl_->context.stopped()) {
    try {
      impl_->context.run();
    } catch (const std::exception& failure) {
      log::error("a function of the event loop failed", {{"reason", failure.what()}});
    }
  }
}

void EventLoop::stop() { impl_->context.stop(); }

void EventLoop::onSignal(std::function<void(int)> function) {
  impl_->signalled = std::move(function);
  impl_->signals =
      std::make_unique<boost::asio::signal_set>(impl_->context, SIGTERM, SIGINT, SIGHUP);
  impl_->awaitSignal();
}

void EventLoop::Impl::awaitSignal() {
  signals->async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    awaitSignal();
    signalled(number);
  });
}

std::unique_ptr<Stream> EventLoop::adopt(Fd fd) {
  return std::make_unique<FdStream>(std::make_shared<Descriptor>(*this, std::move(fd)));
}

}  // namespace openfc::net
