#pragma once

#include "http/message.h"

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace openfc::http {

/// Which addresses the server may open connections to. Applied to every resolved address, first and
/// redirected. By default private, loopback, link-local, multicast and metadata ranges are refused
/// (users.md 4.3 D).
struct OutboundPolicy {
  std::vector<std::string>
      allowed;  // "host:port", "host", "10.0.0.0/8", "10.1.2.3:9000": exceptions to the refusal
};

/// Every outbound URL of the server goes through here. Blocking (libcurl): call it on Workers.
/// Thread-safe.
class Outbound {
public:
  explicit Outbound(OutboundPolicy policy);

  struct Options {
    Duration timeout = std::chrono::seconds(60);
    std::size_t maxBody = 512u << 20;  // beyond: Error{entityTooLarge}
    int maxRedirects = 3;
    std::stop_token stop;  // breaks off when it is requested: std::runtime_error
  };
  /// Throws Error{invalidArgument} for a refused address or scheme other than http and https
  /// (message names the address), std::runtime_error for transport failures. `request.target` is
  /// the absolute URL.
  Response fetch(const Request& request, const Options& options) const;
  Response fetch(const Request& request) const { return fetch(request, Options{}); }

private:
  OutboundPolicy policy_;
};

/// Pure: whether the policy lets the server connect to this numeric address and port, reached by
/// this host name.
bool allows(const OutboundPolicy& policy, const std::string& host, const std::string& address,
            int port);

}  // namespace openfc::http
