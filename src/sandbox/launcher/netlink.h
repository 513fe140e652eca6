#pragma once

#include <cstdint>
#include <memory>
#include <string>

struct nl_sock;

namespace openfc::sandbox::launcher {

/// An IPv4 block in host byte order.
struct Block {
  std::uint32_t address = 0;
  unsigned prefix = 32;

  std::uint32_t size() const { return prefix == 0 ? 0 : std::uint32_t{1} << (32 - prefix); }
  bool contains(std::uint32_t other) const {
    return prefix == 0 || ((address ^ other) >> (32 - prefix)) == 0;
  }
  friend bool operator==(const Block&, const Block&) = default;
};

/// "10.0.0.0/8" or "10.1.2.3"; throws std::invalid_argument, also when bits beyond the prefix are
/// set.
Block toBlock(const std::string& text);
std::string toText(std::uint32_t address);
std::string toText(const Block& block);

/// Two ends of one veth pair; the peer may be born in another network namespace.
struct LinkPair {
  std::string name;
  std::string mac;
  std::string peerName;
  std::string peerMac;
  int peerNamespace = -1;  // -1 = the same
};

/// Changes links, addresses and routes of the network namespace in which it was made, wherever its
/// thread goes. Every call throws std::runtime_error with the kernel's reason.
class Netlink {
public:
  Netlink();
  ~Netlink();
  Netlink(const Netlink&) = delete;
  Netlink& operator=(const Netlink&) = delete;

  /// Both ends are down. False: one of the names is taken.
  bool createPair(const LinkPair& pair);
  void bringUp(int link);
  void setGroup(int link, std::uint32_t group);
  void addAddress(int link, const Block& block);
  /// Takes the place of another route to the same destination.
  void addRoute(int link, const Block& destination);
  /// Nothing when there is no such route.
  void removeRoute(int link, const Block& destination);
  /// Through a router that is reached on the link although no route says so.
  void addDefaultRoute(int link, std::uint32_t router);
  /// The router's link address, so that nobody needs to ask for it.
  void addNeighbour(int link, std::uint32_t address, const std::string& mac);
  void removeLink(const std::string& name);
  /// Has the kernel act on what it knows of the link's carrier, where it can.
  void settle(int link);
  /// 0 = there is none.
  int linkNamed(const std::string& name);

private:
  struct Close {
    void operator()(nl_sock* socket) const;
  };
  std::unique_ptr<nl_sock, Close> socket_;
};

/// Puts the calling thread into another network namespace and back.
class NamespaceVisit {
public:
  /// `there`: a descriptor of the namespace or a pidfd; `home`: the namespace to return to.
  NamespaceVisit(int there, int home);
  /// Ends the program when the way back fails: it must not go on in a sandbox's namespace.
  ~NamespaceVisit();
  NamespaceVisit(const NamespaceVisit&) = delete;
  NamespaceVisit& operator=(const NamespaceVisit&) = delete;

private:
  int home_;
};

}  // namespace openfc::sandbox::launcher
