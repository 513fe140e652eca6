#include "net/listener.h"

#include "base/check.h"
#include "net/descriptor.h"
#include "net/fd_stream.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>

namespace openfc::net {
namespace {

struct FreeAddress {
  void operator()(addrinfo* address) const { ::freeaddrinfo(address); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddress>;

Addresses resolve(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) {
    throw std::runtime_error(fmt::format("listen on {}: not host:port", address));
  }
  // getaddrinfo takes 99999 for 34463.
  const std::string port = address.substr(colon + 1);
  int number = 0;
  const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (wrong != std::errc() || end != port.data() + port.size() || number < 0 || number > 65535) {
    throw std::runtime_error(fmt::format("listen on {}: the port must be 0 to 65535", address));
  }
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) {
    throw std::runtime_error(fmt::format("listen on {}: {}", address, ::gai_strerror(error)));
  }
  return Addresses(found);
}

Fd listenOn(const std::string& address) {
  const Addresses found = resolve(address);
  const std::string doing = "listen on " + address;
  Fd fd(static_cast<int>(
      check(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), doing)));
  const int on = 1;
  check(::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), doing);
  // Accepted sockets inherit it.
  check(::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), doing);
  check(::bind(fd.get(), found->ai_addr, found->ai_addrlen), doing);
  check(::listen(fd.get(), 4096), doing);
  return fd;
}

int portOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  check(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "read the port");
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

std::string numeric(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      ::inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &v6, text, sizeof text);
    }
  } else if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text,
                sizeof text);
  }
  return text;
}

/// A connection that died in the queue says nothing about the next one.
bool onlyThisConnection(int error) {
  return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM;
}

Task<Accepted> acceptFrom(std::shared_ptr<Descriptor> descriptor) {
  while (true) {
    if (!descriptor->isOpen()) throw IoError(Failure::closed, "accept: closed");
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Fd fd(::accept4(descriptor->fd(), reinterpret_cast<sockaddr*>(&address), &size,
                    SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd) co_return Accepted{std::move(fd), numeric(address)};
    if (onlyThisConnection(errno)) continue;
    if (errno != EAGAIN) throw SystemError(errno, "accept a connection");
    orThrow(co_await descriptor->until(Descriptor::Side::read, SteadyTime::max()), "accept");
  }
}

}  // namespace

void checkListenAddress(const std::string& address) {
  const Addresses found = resolve(address);
  const std::string doing = "listen on " + address;
  const Fd fd(
      static_cast<int>(check(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0), doing)));
  in_port_t& port = found->ai_family == AF_INET6
                        ? reinterpret_cast<sockaddr_in6*>(found->ai_addr)->sin6_port
                        : reinterpret_cast<sockaddr_in*>(found->ai_addr)->sin_port;
  port = 0;
  check(::bind(fd.get(), found->ai_addr, found->ai_addrlen), doing);
}

Listener::Listener(EventLoop& loop, const std::string& address)
    : Listener(loop, listenOn(address)) {}

Listener::Listener(EventLoop& loop, Fd listening) : port_(portOf(listening.get())) {
  descriptor_ = std::make_shared<Descriptor>(loop, std::move(listening));
}

Listener::~Listener() { descriptor_->close(); }

Task<Accepted> Listener::accept() { return acceptFrom(descriptor_); }

void Listener::close() { descriptor_->close(); }

}  // namespace openfc::net
