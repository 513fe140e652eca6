#pragma once

#include "base/fd.h"
#include "sandbox/launcher/netlink.h"

#include <poll.h>
#include <sys/types.h>

#include <cstdint>
#include <string>

namespace openfc::sandbox::launcher {

/// A little internet of two network namespaces for tests. The calling thread is in the first, the
/// host, which has 203.0.113.2 and a default route to the second; that one owns a public address,
/// and private and metadata addresses that a real host could reach. No packet leaves them. The
/// destructor returns to the namespace of before.
class World {
public:
  World();
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  static constexpr const char* hostAddress = "203.0.113.2";
  static constexpr const char* hostLink = "up0";  // to the second namespace
  static constexpr const char* publicServer = "203.0.113.10";

  int host() const { return host_.get(); }
  int outside() const { return outside_.get(); }
  /// A namespace as a new sandbox has it.
  Fd newNamespace() const;

  /// A listening TCP socket in a namespace; its backlog answers connections.
  Fd listenIn(int networkNamespace, const std::string& address, std::uint16_t port) const;
  /// A UDP socket in a namespace.
  Fd datagramsIn(int networkNamespace, const std::string& address, std::uint16_t port) const;
  /// 0 = connected, else the errno; ETIMEDOUT after a short while without any answer.
  int connectFrom(int networkNamespace, const std::string& address, std::uint16_t port) const;

private:
  Fd before_;
  Fd host_;
  Fd outside_;
};

/// False: nothing came in time.
bool readable(const Fd& socket);
void sendTo(const Fd& socket, const std::string& text, const std::string& address,
            std::uint16_t port);

struct Received {
  std::string text;
  std::string address;
  std::uint16_t port = 0;
};
/// Waits for one datagram; an empty text when none came in time.
Received receive(const Fd& socket);

}  // namespace openfc::sandbox::launcher
