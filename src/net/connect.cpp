#include "base/check.h"
#include "net/descriptor.h"
#include "net/event_loop.h"
#include "net/fd_stream.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace openfc::net {
namespace {

/// The same file under a second descriptor, so that the caller keeps its own and waiting can end by
/// closing this one.
std::shared_ptr<Descriptor> watched(EventLoop& loop, int fd) {
  Fd copy(static_cast<int>(check(::fcntl(fd, F_DUPFD_CLOEXEC, 3), "copy a descriptor")));
  return std::make_shared<Descriptor>(loop, std::move(copy));
}

struct Closing {
  std::shared_ptr<Descriptor> descriptor;
  ~Closing() { descriptor->close(); }
};

Task<> ready(std::shared_ptr<Descriptor> descriptor, Descriptor::Side side, SteadyTime deadline) {
  const Closing closing{descriptor};
  orThrow(co_await descriptor->until(side, deadline), "wait for a descriptor");
}

Task<> connected(std::shared_ptr<Descriptor> descriptor, int port, SteadyTime deadline) {
  const Closing closing{descriptor};
  orThrow(co_await descriptor->until(Descriptor::Side::write, deadline),
          fmt::format("connect to 127.0.0.1:{}", port));
  int error = 0;
  socklen_t size = sizeof error;
  check(::getsockopt(descriptor->fd(), SOL_SOCKET, SO_ERROR, &error, &size),
        "read the state of a connection");
  if (error != 0) throw SystemError(error, fmt::format("connect to 127.0.0.1:{}", port));
}

Task<> done() { co_return; }

}  // namespace

Task<> EventLoop::readable(int fd, SteadyTime deadline) {
  return ready(watched(*this, fd), Descriptor::Side::read, deadline);
}

Task<> EventLoop::writable(int fd, SteadyTime deadline) {
  return ready(watched(*this, fd), Descriptor::Side::write, deadline);
}

Task<> EventLoop::connectLocal(int socket, int port, SteadyTime deadline) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return done();
  }
  if (errno != EINPROGRESS) {
    throw SystemError(errno, fmt::format("connect to 127.0.0.1:{}", port));
  }
  return connected(watched(*this, socket), port, deadline);
}

}  // namespace openfc::net
