#pragma once

#include "base/fd.h"

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

struct NetworkConfig {
  /// Names this launcher's links and rules: letters, digits, '-', '_', '.'. Two launchers never
  /// share one.
  std::string scope;
  /// Where sandbox addresses come from. One launcher takes a free /20 of it (all of it when it is
  /// smaller).
  std::string range = "198.18.0.0/15";
  /// What sandboxes may reach although it is private: "10.1.2.0/24", "10.1.2.3:5432" (TCP and UDP).
  std::vector<std::string> exceptions;
  /// Private networks that single sandboxes may reach, by number: "10.1.0.0/16,10.2.3.4" or "@br0"
  /// (all that is reached through this link of the host) or both; at most 31.
  std::vector<std::string> privates;
  /// Names, or patterns of names ("*.a.b"), that the resolver answers with the gateway's address,
  /// where the node's own services then listen; empty = there are none.
  std::vector<std::string> ownNames;
  /// Where names are asked, "1.2.3.4" or "1.2.3.4:5353"; empty = what /etc/resolv.conf says at that
  /// moment.
  std::vector<std::string> resolvers;
  /// The user of the resolver process.
  uid_t resolverUser = 65534;
  gid_t resolverGroup = 65534;
};

/// What one sandbox may reach besides, or instead of, the internet.
struct Grant {
  std::uint32_t privates = 0;  // bit n: private network number n
  bool only = false;           // nothing else but names
};

/// The sandboxes' way to the internet: one veth pair each, addresses of one private range behind
/// NAT, one firewall table, and one resolver process on the gateway address. All of it lives in the
/// network namespace in which the object was made. Belongs to the launcher's only thread: calls
/// enter a sandbox's namespace for a moment.
class Network {
public:
  /// Removes what an earlier launcher of this scope left, then sets up. Throws
  /// std::invalid_argument when the configuration is wrong; what the machine lacks becomes a
  /// shortcoming.
  explicit Network(NetworkConfig config);
  /// Removes links, rules and resolver.
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// One sentence for each thing that this machine lacks; empty = all works.
  const std::vector<std::string>& shortcomings() const;
  /// Whether attach() works: never without the firewall.
  bool usable() const;
  /// Slots are 0 … capacity() - 1; a slot is one address.
  unsigned capacity() const;
  /// The address that sandboxes see as router and resolver.
  std::string gateway() const;
  std::string addressOf(unsigned slot) const;
  /// The whole of /etc/resolv.conf inside a sandbox.
  std::string resolvConf() const;
  /// The listening sockets behind ports 80 and 443 of the gateway's address; to be taken once. None
  /// when there are no own names, or the network is not usable.
  std::vector<Fd> takeDoor();

  /// Gives the network namespace (a descriptor of it, or a pidfd of a process in it) lo and eth0
  /// with the slot's address and the default route. Throws std::runtime_error when the network is
  /// not usable or the kernel refuses.
  void attach(int networkNamespace, unsigned slot);
  /// Changes what the attached sandbox of this slot reaches. Throws std::runtime_error.
  void grant(unsigned slot, Grant grant);
  /// Takes the slot's link away; the slot may be used again at once. Nothing when there is none.
  void detach(unsigned slot);

  /// Brings up lo in a network namespace and nothing else.
  static void loopback(int networkNamespace);
  /// The network namespace of a process.
  static Fd namespaceOf(pid_t process);

  /// The resolver process; 0 = none.
  pid_t resolver() const;
  /// To be told of each child that the launcher reaped: starts the resolver again when it was the
  /// one (true).
  bool childEnded(pid_t process);

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace openfc::sandbox::launcher
