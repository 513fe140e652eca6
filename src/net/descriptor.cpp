#include "net/descriptor.h"

#include "base/check.h"
#include "net/loop_impl.h"

#include <sys/stat.h>

namespace openfc::net {
namespace {

bool socketBehind(int fd) {
  struct stat status{};
  check(::fstat(fd, &status), "look at a descriptor");
  return S_ISSOCK(status.st_mode);
}

}  // namespace

Descriptor::Descriptor(EventLoop& loop, Fd fd)
    : device_(loop.impl().context.get_executor()),
      isSocket_(socketBehind(fd.get())),
      sides_{{.deadline = Deadline(loop, [this] { wake(sides_[0], Wake::timedOut); })},
             {.deadline = Deadline(loop, [this] { wake(sides_[1], Wake::timedOut); })}} {
  boost::system::error_code error;
  device_.assign(fd.get(), error);
  if (error) throw SystemError(error.value(), "watch a descriptor");
  fd.release();
  device_.non_blocking(true, error);
  if (error) throw SystemError(error.value(), "make a descriptor non-blocking");
}

void Descriptor::close() {
  boost::system::error_code ignored;  // the descriptor is gone whatever close(2) says
  device_.close(ignored);
}

void Descriptor::onReadable(Loop::Function function) {
  sides_[0].function = std::move(function);
  if (!sides_[0].function) return;
  arm(Side::read);
}

void Descriptor::arm(Side side) {
  Waiting& waiting = this->waiting(side);
  if (waiting.armed) return;
  waiting.armed = true;
  using Direction = boost::asio::posix::descriptor_base;
  device_.async_wait(side == Side::read ? Direction::wait_read : Direction::wait_write,
                     [self = shared_from_this(), &waiting](const boost::system::error_code&) {
                       waiting.armed = false;
                       self->wake(waiting, self->isOpen() ? Wake::ready : Wake::closed);
                     });
}

void Descriptor::wake(Waiting& waiting, Wake reason) {
  if (reason == Wake::ready) waiting.drained = false;
  waiting.wake = reason;
  waiting.deadline.clear();
  if (const auto waiter = std::exchange(waiting.waiter, {})) {
    waiter.resume();
  } else if (auto function = std::exchange(waiting.function, nullptr)) {
    function();
  }
}

}  // namespace openfc::net
