#include "sandbox/plain/ports.h"

#include "base/check.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace openfc::sandbox::plain {
namespace {

/// The number of the port that could be bound (0: any free one); 0 when it could not.
int bound(int port) {
  const Fd fd(static_cast<int>(
      check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "look for a free port")));
  // Connections that have ended do not matter, those who listen do.
  const int on = 1;
  check(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "look for a free port");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), plain, sizeof(address)) != 0 || ::listen(fd.get(), 1) != 0) return 0;
  socklen_t size = sizeof(address);
  check(::getsockname(fd.get(), plain, &size), "look for a free port");
  return ntohs(address.sin_port);
}

}  // namespace

int Ports::take(int wanted) {
  int port = taken_.contains(wanted) ? 0 : bound(wanted);
  for (int tries = 0; port == 0 && tries < 100; ++tries) {
    port = bound(0);
    if (taken_.contains(port)) port = 0;
  }
  if (port == 0) throw SystemError(EADDRINUSE, "find a port for a custom runtime");
  taken_.insert(port);
  return port;
}

}  // namespace openfc::sandbox::plain
