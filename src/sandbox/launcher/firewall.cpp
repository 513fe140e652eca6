#include "sandbox/launcher/firewall.h"

#include "base/check.h"
#include "base/fd.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace openfc::sandbox::launcher {
namespace {

// Everything that is not the internet: this network, private, carrier NAT (with the cloud's
// metadata service 100.100.100.200), loopback, link-local (with 169.254.169.254), protocol
// assignments, benchmarking (the sandboxes' own addresses), multicast, reserved and broadcast.
constexpr std::string_view forbidden =
    "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, "
    "192.0.0.0/24, "
    "192.168.0.0/16, 198.18.0.0/15, 224.0.0.0/4, 240.0.0.0/4";

// Connections of one sandbox that may be tracked at a time, so that none fills the host's table.
constexpr int connectionLimit = 2000;

constexpr std::string_view head = R"(table inet {table} {{}}
delete table inet {table}
table inet {table} {{
  chain translate {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {addresses} oifname != "{links}*" masquerade
  }}
)";

constexpr std::string_view doorRules = R"(
  chain door {{
    type nat hook prerouting priority dstnat; policy accept;
    iifname "{links}*" ip daddr {gateway} tcp dport 80 dnat ip to {gateway}:{http}
    iifname "{links}*" ip daddr {gateway} tcp dport 443 dnat ip to {gateway}:{https}
  }}
)";

// Nobody comes to these ports but through the ones that lead there.
constexpr std::string_view behindDoor = R"(    ct status dnat ct state established accept
    ct status dnat add @calls {{ ip saddr ct count over {limit} }} counter reject with tcp reset
    ct status dnat ip daddr {gateway} tcp dport {{ {http}, {https} }} accept
)";

// Questions for names that one sandbox may send a second: what is beyond would fill the resolver's
// socket, and so drop those of others.
constexpr int questionRate = 1000;

// Connections of one sandbox to the node's own services.
constexpr int callLimit = 128;

// Names of chains are read by operators in `nft list ruleset`.
constexpr std::string_view closedRules = R"(
  set connections {{ type ipv4_addr; size 65535; flags dynamic; }}
  set calls {{ type ipv4_addr; size 65535; flags dynamic; }}
  set questions {{ type ipv4_addr; size 65535; flags dynamic, timeout; timeout 10s; }}

  chain excepted {{
{exceptions}  }}

  chain spoofed {{
    type filter hook prerouting priority raw; policy accept;
    iifname != "{links}*" accept
    meta nfproto ipv6 counter drop
    fib saddr . iif oif missing counter drop
  }}

  chain input {{
    type filter hook input priority filter; policy accept;
    iifname "{links}*" goto toHost
    iifname != "lo" ip daddr {gateway} counter drop
  }}
  chain toHost {{
    udp dport 53 update @questions {{ ip saddr limit rate over {rate}/second burst {rate} packets }} counter drop
    ip daddr {gateway} meta l4proto {{ tcp, udp }} th dport 53 accept
    iifgroup & {only} == {only} counter reject with icmpx admin-prohibited
{door}    jump excepted
    counter reject with icmpx admin-prohibited
  }}

  chain forward {{
    type filter hook forward priority filter; policy accept;
    oifname "{links}*" goto intoSandbox
    iifname "{links}*" goto outOfSandbox
  }}
  chain intoSandbox {{
    iifname "{links}*" counter reject with icmpx admin-prohibited
    ct state established,related accept
    counter drop
  }}
  chain outOfSandbox {{
    meta l4proto != {{ tcp, udp, icmp }} counter drop
    ct state established,related accept
    ct state invalid drop
    add @connections {{ ip saddr ct count over {limit} }} counter drop
{privates}    iifgroup & {only} == {only} counter reject with icmpx admin-prohibited
    jump excepted
    fib daddr type {{ local, broadcast, anycast, multicast }} counter drop
    ip daddr {{ {forbidden} }} counter reject with icmpx admin-prohibited
    ip daddr {addresses} counter reject with icmpx admin-prohibited
  }}

  chain output {{
    type filter hook output priority filter; policy accept;
    oifname "{links}*" goto fromHost
  }}
  chain fromHost {{
    ct state established,related accept
    icmp type {{ destination-unreachable, time-exceeded }} accept
    counter drop
  }}
)";

std::string exceptionRules(const std::vector<Exception>& exceptions) {
  std::string rules;
  for (const Exception& exception : exceptions) {
    const std::string port =
        exception.port ? fmt::format(" meta l4proto {{ tcp, udp }} th dport {}", *exception.port)
                       : "";
    rules += fmt::format("    ip daddr {}{} accept\n", toText(exception.block), port);
  }
  return rules;
}

/// One of the texts about the door; "" when there is none.
std::string doorText(std::string_view text, const FirewallConfig& config) {
  using fmt::arg;
  if (!config.door) return "";
  return fmt::format(fmt::runtime(text), arg("links", config.linkPrefix),
                     arg("gateway", toText(config.gateway)), arg("http", config.door->http),
                     arg("https", config.door->https), arg("limit", callLimit));
}

std::string privateRules(const std::vector<PrivateNetwork>& privates) {
  std::string rules;
  std::uint32_t bit = 1;
  for (const PrivateNetwork& network : privates) {
    const std::string member = fmt::format("    iifgroup & {0:#x} == {0:#x}", bit);
    for (const Block& block : network.blocks)
      rules += fmt::format("{} ip daddr {} accept\n", member, toText(block));
    for (const std::string& link : network.links)
      rules += fmt::format("{} oifname \"{}\" accept\n", member, link);
    bit <<= 1;
  }
  return rules;
}

/// A file without a name that holds `text`, positioned at its start.
Fd scratch(const std::string& text) {
  Fd file(static_cast<int>(check(memfd_create("nft", MFD_CLOEXEC), "make a file in memory")));
  check(write(file.get(), text.data(), text.size()), "write to a file in memory");
  check(lseek(file.get(), 0, SEEK_SET), "rewind a file in memory");
  return file;
}

std::string contents(const Fd& file) {
  std::string text(4096, '\0');
  const ssize_t size = pread(file.get(), text.data(), text.size(), 0);
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

pid_t spawnNft(const Fd& input, const Fd& output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.get(), 0);
  posix_spawn_file_actions_adddup2(&actions, output.get(), 1);
  posix_spawn_file_actions_adddup2(&actions, output.get(), 2);
  std::array<std::string, 3> words{"nft", "-f", "-"};
  std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  pid_t process = 0;
  int error = ENOENT;
  for (const char* path : {"/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft"}) {
    error = posix_spawn(&process, path, &actions, nullptr, arguments.data(), environment.data());
    if (error != ENOENT) break;
  }
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw SystemError(error, "start nft (Debian package nftables)");
  return process;
}

}  // namespace

Exception toException(const std::string& text) {
  const std::size_t colon = text.find(':');
  Exception exception{.block = toBlock(text.substr(0, colon)), .port = std::nullopt};
  if (colon == std::string::npos) return exception;
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  if (read.ec != std::errc() || read.ptr != end || port == 0) {
    throw std::invalid_argument(
        fmt::format("\"{}\" does not end in a port between 1 and 65535", text));
  }
  exception.port = port;
  return exception;
}

PrivateNetwork toPrivateNetwork(const std::string& text) {
  PrivateNetwork network;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string item = text.substr(at, end - at);
    at = end + 1;
    if (!item.starts_with('@')) {
      network.blocks.push_back(toBlock(item));
      continue;
    }
    constexpr std::size_t longestName = 15;
    const std::string link = item.substr(1);
    const bool plain = std::ranges::all_of(link, [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    });
    if (link.empty() || link.size() > longestName || !plain)
      throw std::invalid_argument(fmt::format("\"{}\" is no name of a link", link));
    network.links.push_back(link);
  }
  return network;
}

std::string firewallRules(const FirewallConfig& config) {
  using fmt::arg;
  const std::string addresses = toText(config.addresses);
  std::string rules = fmt::format(head, arg("table", config.table), arg("addresses", addresses),
                                  arg("links", config.linkPrefix));
  rules += doorText(doorRules, config);
  if (config.closed) {
    rules += fmt::format(closedRules, arg("links", config.linkPrefix), arg("addresses", addresses),
                         arg("gateway", toText(config.gateway)), arg("forbidden", forbidden),
                         arg("limit", connectionLimit), arg("rate", questionRate),
                         arg("exceptions", exceptionRules(config.exceptions)),
                         arg("privates", privateRules(config.privates)),
                         arg("door", doorText(behindDoor, config)),
                         arg("only", fmt::format("{:#x}", onlyPrivateGroup)));
  }
  return rules + "}\n";
}

void loadRules(const std::string& rules) {
  const Fd input = scratch(rules);
  const Fd output = scratch("");
  const pid_t process = spawnNft(input, output);
  int status = 0;
  check(waitpid(process, &status, 0), "wait for nft");
  if (status != 0) throw std::runtime_error("nft refused the rules: " + contents(output));
}

}  // namespace openfc::sandbox::launcher
