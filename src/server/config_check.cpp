#include "server/config_check.h"

#include "base/nearest.h"
#include "http/address_rules.h"
#include "net/listener.h"
#include "net/tls.h"
#include "runtime/catalogue.h"
#include "server/house.h"
#include "server/in_time.h"
#include "server/privileges.h"
#include "store/data_directory.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace openfc::server {
namespace {

namespace fs = std::filesystem;

constexpr unsigned longestRangePrefix = 29;  // there must be room for a few instances
constexpr std::size_t longestLinkName = 15;

/// Runs `function`; what it throws is refused with the setting's name before it.
template <class Function>
void asSetting(std::string_view name, const Function& function) {
  try {
    function();
  } catch (const std::exception& failure) {
    throw ConfigError(fmt::format("{}: {}", name, failure.what()));
  }
}

void checkListeners(const Config& config) {
  const std::pair<std::string_view, const std::string*> listeners[] = {
      {"listen", &config.listen},
      {"tlsListen", &config.tlsListen},
      {"adminListen", &config.adminListen}};
  std::map<std::string, std::string_view> seen;
  for (const auto& [name, address] : listeners) {
    if (address->empty() && name != "listen") continue;
    asSetting(name, [&] { net::checkListenAddress(*address); });
    const auto [first, isFirst] = seen.emplace(*address, name);
    if (!isFirst && !address->ends_with(":0")) {
      throw ConfigError(
          fmt::format("{}: {} is the address of {} already", name, *address, first->second));
    }
  }
  if (config.tlsListen.empty()) return;
  asSetting("tlsCertificate, tlsPrivateKey",
            [&] { const net::TlsContext readable(config.tlsCertificate, config.tlsPrivateKey); });
}

void checkUrl(const std::string& setting, const std::string& url) {
  if (url.empty() || url.starts_with("http://") || url.starts_with("https://")) return;
  throw ConfigError(fmt::format("{}: '{}' is not a URL like https://host:port", setting, url));
}

void checkDirectory(const std::string& setting, const std::string& directory) {
  std::error_code failure;
  fs::file_status status;
  asSetting(setting, [&] {
    std::tie(status, failure) = inTime(directory, [directory] {
      std::error_code error;
      fs::file_status found = fs::status(directory, error);
      return std::pair(found, error);
    });
  });
  if (fs::is_directory(status)) return;
  const std::string reason = fs::exists(status)                          ? "is not a directory"
                             : status.type() == fs::file_type::not_found ? "does not exist"
                                                                         : failure.message();
  throw ConfigError(fmt::format("{}: {} {}", setting, directory, reason));
}

/// Throws ConfigError for what is neither absent nor a usable data directory, and for a place in
/// which none can be made.
void checkData(const Config& config) {
  const fs::path data = config.data;
  asSetting("data", [&] { store::DataDirectory::examine(data); });
  fs::path there = data;
  std::error_code ignored;
  while (!fs::exists(there, ignored)) there = there.parent_path();
  checkDirectory("data", there);
  if (there != data && ::access(there.c_str(), W_OK | X_OK) == -1) {
    throw ConfigError(fmt::format("data: {} cannot be made: no permission to write to {}",
                                  data.string(), there.string()));
  }
}

/// The length of the prefix of "10.1.2.0/24"; a bare address is a block of one. Nothing: it is no
/// IPv4 block, or the address has bits behind the prefix.
std::optional<unsigned> prefixOf(const std::string& block) {
  const auto slash = block.find('/');
  in_addr address{};
  if (::inet_pton(AF_INET, block.substr(0, slash).c_str(), &address) != 1) return std::nullopt;
  if (slash == std::string::npos) return 32;
  unsigned prefix = 0;
  const char* end = block.data() + block.size();
  const auto read = std::from_chars(block.data() + slash + 1, end, prefix);
  if (read.ec != std::errc() || read.ptr != end || prefix > 32) return std::nullopt;
  const std::uint32_t behind = prefix == 32 ? 0 : ~std::uint32_t{0} >> prefix;
  return (ntohl(address.s_addr) & behind) == 0 ? std::optional(prefix) : std::nullopt;
}

void checkBlock(const std::string& setting, const std::string& block) {
  if (!prefixOf(block))
    throw ConfigError(
        fmt::format("{}: '{}' is not an IPv4 block like 10.1.2.0/24", setting, block));
}

void checkPort(const std::string& setting, const std::string& entry, std::string_view text) {
  int port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && port >= 1 && port <= 65535)
    return;
  throw ConfigError(fmt::format("{}: '{}' does not end in a port of 1 to 65535", setting, entry));
}

void checkNetworks(const Config& config) {
  const auto prefix = prefixOf(config.sandboxRange);
  if (!prefix || *prefix > longestRangePrefix) {
    throw ConfigError(
        fmt::format("sandboxRange: '{}' is not an IPv4 block of at least a /{}, like "
                    "198.18.0.0/16",
                    config.sandboxRange, longestRangePrefix));
  }
  for (const std::string& entry : config.sandboxAllowed) {
    const auto colon = entry.find(':');
    checkBlock("sandboxAllowed", entry.substr(0, colon));
    if (colon != std::string::npos)
      checkPort("sandboxAllowed", entry, std::string_view(entry).substr(colon + 1));
  }
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  };
  for (const VSwitchConfig& vswitch : config.vswitches) {
    for (const std::string& cidr : vswitch.cidrs) checkBlock("vswitches " + vswitch.id, cidr);
    if (vswitch.interface.size() > longestLinkName ||
        !std::ranges::all_of(vswitch.interface, plain)) {
      throw ConfigError(
          fmt::format("vswitches {}: '{}' is no name of a link", vswitch.id, vswitch.interface));
    }
  }
}

/// Entries are host:port, an address, or a block of addresses.
void checkOutbound(const Config& config) {
  for (const std::string& entry : config.outboundAllowed) {
    const auto slash = entry.find('/');
    const auto address = http::toIpAddress(entry.substr(0, slash));
    if (slash != std::string::npos && (!address || !http::inRange(*address, entry))) {
      throw ConfigError(
          fmt::format("outboundAllowed: '{}' is not a block like 10.1.2.0/24", entry));
    }
    if (slash != std::string::npos || address) continue;
    const auto colon = entry.rfind(':');
    if (colon == std::string::npos || colon == 0) {
      throw ConfigError(
          fmt::format("outboundAllowed: '{}' is neither host:port nor an address nor "
                      "a block like 10.1.2.0/24",
                      entry));
    }
    checkPort("outboundAllowed", entry, std::string_view(entry).substr(colon + 1));
  }
}

template <class Row>
void refuseTwice(std::string_view setting, const std::vector<Row>& rows, std::string Row::* name) {
  std::set<std::string> seen;
  for (const Row& row : rows) {
    if (!seen.insert(row.*name).second)
      throw ConfigError(fmt::format("{}: '{}' stands there twice", setting, row.*name));
  }
}

/// Rows of one name are for different accounts.
template <class Row>
void refuseTwiceFor(const Config& config, std::string_view setting, const std::vector<Row>& rows,
                    std::string Row::* name) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Row& row : rows) {
    for (const std::string& account : accountsOf(config, row.accounts)) {
      if (!seen.emplace(row.*name, account).second) {
        throw ConfigError(
            fmt::format("{}: '{}' stands there twice for account {}", setting, row.*name, account));
      }
    }
  }
}

}  // namespace

void checkConfig(const Config& config) {
  checkListeners(config);
  checkUrl("publicUrl", config.publicUrl);
  refuseTwice("accessKeys", config.accessKeys, &AccessKeyConfig::id);
  refuseTwice("buckets", config.buckets, &BucketConfig::name);
  refuseTwiceFor(config, "nas", config.nas, &NasConfig::serverAddr);
  refuseTwiceFor(config, "vswitches", config.vswitches, &VSwitchConfig::id);
  for (const BucketConfig& bucket : config.buckets) {
    checkUrl("buckets " + bucket.name + " endpoint", bucket.endpoint);
    if (!bucket.directory.empty()) checkDirectory("buckets " + bucket.name, bucket.directory);
  }
  for (const NasConfig& nas : config.nas) checkDirectory("nas " + nas.serverAddr, nas.directory);
  checkNetworks(config);
  checkOutbound(config);
  for (const std::string& id : config.poolRuntimes) {
    if (runtime::findRow(id) != nullptr) continue;
    std::vector<std::string> known;
    for (const runtime::Row& row : runtime::rows()) known.emplace_back(row.id);
    throw ConfigError(
        fmt::format("poolRuntimes: there is no runtime '{}'{}", id, didYouMean(id, known)));
  }
  checkData(config);
  checkReachable(config);
  asSetting("accessKeys", [&] { keysOf(config); });
}

void checkReachable(const Config& config) {
  if (::geteuid() != 0) return;
  const Identity identity = identityOf(config.user);
  if (identity.uid == 0) return;
  const auto closed = closedTo(identity, config.data);
  if (!closed) return;
  throw ConfigError(fmt::format(
      "data: the user {} (uid {}), as which the server runs, may not enter {} on the way to {}: "
      "choose another data directory, or let that user in (chmod o+x {})",
      config.user, identity.uid, closed->string(), config.data, closed->string()));
}

}  // namespace openfc::server
