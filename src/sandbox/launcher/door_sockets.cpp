#include "sandbox/launcher/door_sockets.h"

#include "base/check.h"
#include "sandbox/launcher/netlink.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace openfc::sandbox::launcher {

Fd listenOnFreePort(std::uint32_t address) {
  Fd socket(static_cast<int>(check(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                                   "make a socket for the node's own services")));
  const int on = 1;
  // Accepted sockets inherit it.
  check(setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "set TCP_NODELAY");
  const sockaddr_in at{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(address)}};
  check(bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at),
        "bind a port of " + toText(address));
  constexpr int backlog = 4096;
  check(listen(socket.get(), backlog), "listen for calls of the node's own services");
  return socket;
}

std::uint16_t portOf(const Fd& socket) {
  sockaddr_in at{};
  socklen_t size = sizeof at;
  check(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at), &size), "read a port");
  return ntohs(at.sin_port);
}

}  // namespace openfc::sandbox::launcher
