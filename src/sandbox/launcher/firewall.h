#pragma once

#include "sandbox/launcher/netlink.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// A block that sandboxes may reach although it is private; without a port, all of it.
struct Exception {
  Block block;
  std::optional<std::uint16_t> port;

  friend bool operator==(const Exception&, const Exception&) = default;
};

/// "10.1.2.0/24", "10.1.2.3:5432"; throws std::invalid_argument.
Exception toException(const std::string& text);

/// Blocks and links of the host that a sandbox reaches when its link's group has the bit.
struct PrivateNetwork {
  std::vector<Block> blocks;
  std::vector<std::string> links;
};

/// "10.1.0.0/16,10.2.3.4,@br0"; throws std::invalid_argument.
PrivateNetwork toPrivateNetwork(const std::string& text);

/// The bit of a link's group that leaves its sandbox nothing but private networks.
constexpr std::uint32_t onlyPrivateGroup = std::uint32_t{1} << 31;

/// Where sandboxes reach the node's own services: ports of the gateway's address that lead to
/// others, on which the server listens, so that a program of the host that has the former on all
/// addresses stands in nobody's way.
struct Door {
  std::uint16_t http = 0;   // 80 leads here
  std::uint16_t https = 0;  // 443 leads here
};

struct FirewallConfig {
  std::string table;
  /// How the names of all links of the sandboxes begin.
  std::string linkPrefix;
  Block addresses;
  std::uint32_t gateway = 0;
  std::vector<Exception> exceptions;
  std::vector<PrivateNetwork> privates;  // number n: bit n of the group
  std::optional<Door> door;
  /// False leaves only the address translation (tests of the rules' effect).
  bool closed = true;
};

/// The rules in nft's language; loading them replaces the table as a whole.
std::string firewallRules(const FirewallConfig& config);

/// Has `nft` load rules in this network namespace; throws std::runtime_error with nft's words.
void loadRules(const std::string& rules);

}  // namespace openfc::sandbox::launcher
