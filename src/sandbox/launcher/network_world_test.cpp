#include "sandbox/launcher/network_world_test.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace openfc::sandbox::launcher {
namespace {

constexpr int patience = 2000;        // milliseconds; for what comes
constexpr int silencePatience = 250;  // for what does not

Fd current() {
  return Fd(static_cast<int>(
      check(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "open a network namespace")));
}

sockaddr_in toAddress(const std::string& address, std::uint16_t port) {
  sockaddr_in to{.sin_family = AF_INET, .sin_port = htons(port)};
  check(inet_pton(AF_INET, address.c_str(), &to.sin_addr) == 1 ? 0 : -1, "read an address");
  return to;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Fd socketIn(int networkNamespace, int home, int type) {
  const NamespaceVisit visit(networkNamespace, home);
  return Fd(static_cast<int>(check(::socket(AF_INET, type | SOCK_CLOEXEC, 0), "make a socket")));
}

Fd boundIn(int networkNamespace, int home, int type, const sockaddr_in& to) {
  Fd socket = socketIn(networkNamespace, home, type);
  const int on = 1;
  check(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "set SO_REUSEADDR");
  check(bind(socket.get(), generic(to), sizeof to), "bind a socket");
  return socket;
}

}  // namespace

World::World() : before_(current()) {
  check(unshare(CLONE_NEWNET), "make a network namespace");
  host_ = current();
  outside_ = newNamespace();
  Netlink host;
  host.bringUp(host.linkNamed("lo"));
  host.createPair({.name = "up0",
                   .mac = "02:00:00:00:00:01",
                   .peerName = "world0",
                   .peerMac = "02:00:00:00:00:02",
                   .peerNamespace = outside_.get()});
  const int uplink = host.linkNamed("up0");
  host.addAddress(uplink, toBlock(std::string(hostAddress) + "/32"));
  host.bringUp(uplink);
  host.addDefaultRoute(uplink, toBlock("203.0.113.1").address);

  const NamespaceVisit visit(outside_.get(), host_.get());
  Netlink outside;
  const int world = outside.linkNamed("world0");
  for (const char* address : {"203.0.113.1", publicServer, "10.1.2.3", "172.16.9.9", "192.168.5.5",
                              "100.100.100.200", "169.254.169.254", "198.19.255.9"}) {
    outside.addAddress(world, toBlock(address));
  }
  outside.bringUp(outside.linkNamed("lo"));
  outside.bringUp(world);
  outside.addDefaultRoute(world, toBlock(hostAddress).address);
}

World::~World() {
  // No other test may run in here.
  if (setns(before_.get(), CLONE_NEWNET) != 0) std::abort();
}

Fd World::newNamespace() const {
  check(unshare(CLONE_NEWNET), "make a network namespace");
  Fd made = current();
  check(setns(host_.get(), CLONE_NEWNET), "return to the host's network namespace");
  return made;
}

Fd World::listenIn(int networkNamespace, const std::string& address, std::uint16_t port) const {
  Fd socket = boundIn(networkNamespace, host_.get(), SOCK_STREAM, toAddress(address, port));
  constexpr int backlog = 64;
  check(listen(socket.get(), backlog), "listen");
  return socket;
}

Fd World::datagramsIn(int networkNamespace, const std::string& address, std::uint16_t port) const {
  return boundIn(networkNamespace, host_.get(), SOCK_DGRAM, toAddress(address, port));
}

int World::connectFrom(int networkNamespace, const std::string& address, std::uint16_t port) const {
  const Fd socket = socketIn(networkNamespace, host_.get(), SOCK_STREAM | SOCK_NONBLOCK);
  const sockaddr_in to = toAddress(address, port);
  if (connect(socket.get(), generic(to), sizeof to) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd row{.fd = socket.get(), .events = POLLOUT};
  if (poll(&row, 1, silencePatience) == 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  check(getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size), "read a socket's error");
  return error;
}

bool readable(const Fd& socket) {
  pollfd row{.fd = socket.get(), .events = POLLIN};
  return poll(&row, 1, patience) == 1;
}

void sendTo(const Fd& socket, const std::string& text, const std::string& address,
            std::uint16_t port) {
  const sockaddr_in to = toAddress(address, port);
  check(sendto(socket.get(), text.data(), text.size(), 0, generic(to), sizeof to),
        "send a datagram to " + address);
}

Received receive(const Fd& socket) {
  if (!readable(socket)) return {};
  Received received{.text = std::string(2048, '\0')};
  sockaddr_in from{};
  socklen_t size = sizeof from;
  const long length = recvfrom(socket.get(), received.text.data(), received.text.size(), 0,
                               reinterpret_cast<sockaddr*>(&from), &size);
  check(length, "receive a datagram");
  received.text.resize(static_cast<std::size_t>(length));
  received.address = toText(ntohl(from.sin_addr.s_addr));
  received.port = ntohs(from.sin_port);
  return received;
}

}  // namespace openfc::sandbox::launcher
