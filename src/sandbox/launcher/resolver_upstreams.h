#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <ctime>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// An address with a port, of either family.
struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* address() const;
};

/// "1.2.3.4", "1.2.3.4:53", "::1" or "[::1]:53"; the port is 53 when it is left out. Throws
/// std::invalid_argument.
Endpoint toEndpoint(const std::string& text);

/// The `nameserver` lines of a resolv.conf; lines that make no sense are skipped.
std::vector<Endpoint> nameservers(const std::string& resolvConf);

/// The resolvers to ask: the configured ones, or what /etc/resolv.conf says at the moment.
class Upstreams {
public:
  explicit Upstreams(const std::vector<std::string>& configured);
  const std::vector<Endpoint>& now();

private:
  bool followsFile_;
  std::vector<Endpoint> endpoints_;
  std::chrono::steady_clock::time_point checked_;
  timespec changed_{};
};

}  // namespace openfc::sandbox::launcher
