#include "sandbox/launcher/pairs.h"

#include "base/check.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

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

Pair inputPipe() {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "make the input pipe");
  std::swap(ends[0], ends[1]);
  return nonBlocking(ends);
}

Pair terminalPair(uid_t user) {
  constexpr int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
  Pair pair;
  pair.ours.reset(
      static_cast<int>(check(::open("/dev/ptmx", flags | O_NONBLOCK), "make a terminal")));
  const int locked = 0;
  check(::ioctl(pair.ours.get(), TIOCSPTLCK, &locked), "unlock the terminal");
  // By descriptor: the path would be one of this mount namespace.
  pair.theirs.reset(static_cast<int>(
      check(::ioctl(pair.ours.get(), TIOCGPTPEER, flags), "open the terminal's other end")));
  check(::fchown(pair.theirs.get(), user, user), "give the terminal away");
  return pair;
}

}  // namespace openfc::sandbox::launcher
