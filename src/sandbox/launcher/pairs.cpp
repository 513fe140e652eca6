#include "sandbox/launcher/pairs.h"

#include "base/check.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace openfc::sandbox::launcher {
namespace {

Pair nonBlocking(const std::array<int, 2>& ends) {
  Pair pair{Fd(ends[0]), Fd(ends[1])};
  check(::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK), "make a descriptor non-blocking");
  return pair;
}

Pair socketPair(int type, const char* doing) {
  std::array<int, 2> ends{};
  check(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()), doing);
  return nonBlocking(ends);
}

}  // namespace

Pair controlPair() { return socketPair(SOCK_STREAM, "make the control socket"); }

Pair packetPair() { return socketPair(SOCK_SEQPACKET, "make a zygote's socket"); }

Pair outputPipe() {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "make the output pipe");
  return nonBlocking(ends);
}

}  // namespace openfc::sandbox::launcher
