#include "sandbox/launcher/network.h"

#include "base/check.h"
#include "base/log.h"
#include "sandbox/launcher/door_sockets.h"
#include "sandbox/launcher/firewall.h"
#include "sandbox/launcher/netlink.h"
#include "sandbox/launcher/resolver.h"
#include "sandbox/launcher/resolver_names.h"
#include "sandbox/launcher_protocol.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace openfc::sandbox::launcher {
namespace {

constexpr unsigned chosenPrefix = 20;
constexpr unsigned largestPrefix = 29;
constexpr const char* insideName = "eth0";

struct AddressOnLink {
  std::string link;
  std::uint32_t address = 0;
};

std::vector<AddressOnLink> localAddresses() {
  ifaddrs* raw = nullptr;
  check(getifaddrs(&raw), "list addresses");
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> all(raw, freeifaddrs);
  std::vector<AddressOnLink> found;
  for (const ifaddrs* row = all.get(); row != nullptr; row = row->ifa_next) {
    if (row->ifa_addr == nullptr || row->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in address{};
    std::memcpy(&address, row->ifa_addr, sizeof address);
    found.push_back({row->ifa_name, ntohl(address.sin_addr.s_addr)});
  }
  return found;
}

std::vector<std::string> linkNames() {
  const std::unique_ptr<struct if_nameindex, decltype(&if_freenameindex)> all(::if_nameindex(),
                                                                              if_freenameindex);
  if (!all) throw SystemError(errno, "list links");
  std::vector<std::string> names;
  for (const struct if_nameindex* row = all.get(); row->if_index != 0; ++row)
    names.emplace_back(row->if_name);
  return names;
}

/// FNV-1a: names of links hold 15 characters, so they carry a digest of the scope.
std::uint32_t digest(const std::string& text) {
  std::uint32_t value = 2166136261U;
  for (const char letter : text) value = (value ^ static_cast<unsigned char>(letter)) * 16777619U;
  return value;
}

void set(const std::string& path, const char* value) {
  const Fd file(static_cast<int>(check(open(path.c_str(), O_WRONLY | O_CLOEXEC), "open " + path)));
  check(write(file.get(), value, std::strlen(value)), "write to " + path);
}

void forwardPackets() {
  const std::string path = "/proc/sys/net/ipv4/ip_forward";
  char now = '0';
  const Fd file(static_cast<int>(check(open(path.c_str(), O_RDONLY | O_CLOEXEC), "open " + path)));
  check(read(file.get(), &now, 1), "read " + path);
  // Not written when it is on: in a container the file is often read-only and the switch set from
  // outside.
  if (now != '1') set(path, "1");
}

/// The number of the network namespace that this thread is in.
ino_t currentNamespace() {
  struct stat status{};
  check(stat("/proc/self/ns/net", &status), "look at the network namespace");
  return status.st_ino;
}

/// Without IPv6 in the kernel there is nothing to switch off.
void switchOffIpv6(const std::string& link) {
  const std::string path = "/proc/sys/net/ipv6/conf/" + link + "/disable_ipv6";
  if (access(path.c_str(), F_OK) == 0) set(path, "1");
}

std::string macOf(unsigned side, std::uint32_t address) {
  return fmt::format("02:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", side, address >> 24,
                     (address >> 16) & 255, (address >> 8) & 255, address & 255);
}
std::string macInside(std::uint32_t address) { return macOf(0xfc, address); }
std::string macOutside(std::uint32_t address) { return macOf(0xfd, address); }

/// The first block at or after number `start` in which no link of this namespace has an address.
Block freeBlock(const Block& range, std::uint32_t start) {
  const unsigned prefix = std::max(range.prefix, chosenPrefix);
  const std::uint32_t count = std::uint32_t{1} << (prefix - range.prefix);
  const std::vector<AddressOnLink> taken = localAddresses();
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t number = (start + i) % count;
    const Block block{.address = range.address + (number << (32 - chosenPrefix)),
                      .prefix = chosenPrefix};
    const auto inside = [&](const AddressOnLink& row) { return block.contains(row.address); };
    if (std::ranges::none_of(taken, inside)) return block;
  }
  throw std::runtime_error("no free block of addresses in " + toText(range));
}

/// Test builds leave single defences out, to prove by an attack that they are what stops it.
bool defended([[maybe_unused]] std::string_view defence) {
#ifdef OPENFC_TEST_HOOKS
  const char* off = std::getenv("OPENFC_DEFENCES_OFF");
  return off == nullptr || std::string_view(off).find(defence) == std::string_view::npos;
#else
  return true;
#endif
}

NetworkConfig checked(NetworkConfig config) {
  const auto allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  };
  if (config.scope.empty() || !std::ranges::all_of(config.scope, allowed)) {
    throw std::invalid_argument("the network's scope \"" + config.scope + "\" is not a plain name");
  }
  if (toBlock(config.range).prefix > largestPrefix) {
    throw std::invalid_argument(
        fmt::format("the address range {} is smaller than a /{}", config.range, largestPrefix));
  }
  for (const std::string& text : config.exceptions) (void)toException(text);
  if (config.privates.size() > maximumPrivateNetworks) {
    throw std::invalid_argument(
        fmt::format("there are more than {} private networks", maximumPrivateNetworks));
  }
  for (const std::string& text : config.privates) (void)toPrivateNetwork(text);
  for (const std::string& pattern : config.ownNames) checkPattern(pattern);
  return config;
}

}  // namespace

struct Network::State {
  explicit State(NetworkConfig given);

  void sweep();
  void makeGateway();
  void openDoor();
  void shutDoor();
  void closeFirewall();
  void startResolver();
  /// Runs one step of setting up; what it throws becomes a shortcoming and the answer false.
  template <class Step>
  bool attempt(std::string_view without, Step step);
  std::uint32_t address(unsigned slot) const;
  Netlink insideOf(int there) const;
  int makeInsideEnd(Netlink& inside, unsigned slot, const std::string& link) const;
  void makeOutsideEnd(unsigned slot, const std::string& link);
  std::string nextLink();

  NetworkConfig config;
  std::string prefix;
  std::string table;
  Block block;
  std::uint32_t gateway = 0;
  std::vector<Fd> door;
  std::optional<Door> doorPorts;
  Fd home;
  ino_t homeNumber = currentNamespace();
  Netlink netlink;
  std::optional<Resolver> resolver;
  std::vector<std::string> shortcomings;
  bool usable = false;
  unsigned links = 0;
  std::unordered_map<unsigned, std::string> linkOf;
};

Network::State::State(NetworkConfig given)
    : config(checked(std::move(given))),
      prefix(fmt::format("ofc{:08x}", digest(config.scope))),
      table(fmt::format("openfc_{:08x}", digest(config.scope))),
      block(toBlock(config.range)),
      home(static_cast<int>(
          check(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "open the network namespace"))) {}

template <class Step>
bool Network::State::attempt(std::string_view without, Step step) {
  try {
    step();
    return true;
  } catch (const std::invalid_argument&) {
    throw;
  } catch (const std::exception& error) {
    shortcomings.push_back(fmt::format("{}: {}", without, error.what()));
    return false;
  }
}

void Network::State::sweep() {
  // All links at once would be faster than one by one, but rtnetlink takes one name each time.
  for (const std::string& name : linkNames()) {
    if (name.starts_with(prefix)) netlink.removeLink(name);
  }
}

void Network::State::makeGateway() {
  block = freeBlock(block, digest(config.scope));
  gateway = block.address + 1;
  const std::string name = prefix + "gw";
  const std::string peer = prefix + "gp";
  if (!netlink.createPair({.name = name,
                           .mac = macOutside(gateway),
                           .peerName = peer,
                           .peerMac = macInside(gateway)})) {
    throw std::runtime_error("the link " + name + " is there already");
  }
  for (const std::string& link : {name, peer}) {
    switchOffIpv6(link);
    netlink.bringUp(netlink.linkNamed(link));
  }
  netlink.addAddress(netlink.linkNamed(name), {gateway, 32});
}

void Network::State::openDoor() {
  for (int i = 0; i < 2; ++i) door.push_back(listenOnFreePort(gateway));
  doorPorts = Door{.http = portOf(door[0]), .https = portOf(door[1])};
}

void Network::State::shutDoor() {
  door.clear();
  doorPorts.reset();
}

void Network::State::closeFirewall() {
  std::vector<Exception> exceptions;
  exceptions.reserve(config.exceptions.size());
  for (const std::string& text : config.exceptions) exceptions.push_back(toException(text));
  std::vector<PrivateNetwork> privates;
  privates.reserve(config.privates.size());
  for (const std::string& text : config.privates) privates.push_back(toPrivateNetwork(text));
  loadRules(firewallRules({.table = table,
                           .linkPrefix = prefix,
                           .addresses = block,
                           .gateway = gateway,
                           .exceptions = std::move(exceptions),
                           .privates = std::move(privates),
                           .door = doorPorts,
                           .closed = defended("firewall")}));
  // Only behind the rules: until they stand, nothing is forwarded for a sandbox.
  forwardPackets();
}

void Network::State::startResolver() {
  resolver.reset();
  resolver.emplace(
      ResolverConfig{.address = gateway,
                     .upstreams = config.resolvers,
                     .own = {.patterns = doorPorts ? config.ownNames : std::vector<std::string>(),
                             .address = gateway},
                     .user = config.resolverUser,
                     .group = config.resolverGroup,
                     .fair = defended("resolver_shares")});
}

std::uint32_t Network::State::address(unsigned slot) const { return block.address + 2 + slot; }

std::string Network::State::nextLink() {
  constexpr unsigned names = 0x10000;
  return fmt::format("{}{:04x}", prefix, links++ % names);
}

Netlink Network::State::insideOf(int there) const {
  const NamespaceVisit visit(there, home.get());
  if (currentNamespace() == homeNumber)
    throw std::runtime_error("the sandbox has no network namespace of its own");
  switchOffIpv6("default");  // for links that come later; lo keeps ::1
  return Netlink();
}

int Network::State::makeInsideEnd(Netlink& inside, unsigned slot, const std::string& link) const {
  inside.bringUp(inside.linkNamed("lo"));
  const std::string macOfRouter = macOutside(address(slot));
  if (!inside.createPair({.name = insideName,
                          .mac = macInside(address(slot)),
                          .peerName = link,
                          .peerMac = macOfRouter,
                          .peerNamespace = home.get()})) {
    throw std::runtime_error("the link " + link + " or eth0 is there already");
  }
  const int eth0 = inside.linkNamed(insideName);
  inside.bringUp(eth0);
  inside.addAddress(eth0, {address(slot), 32});
  inside.addDefaultRoute(eth0, gateway);
  inside.addNeighbour(eth0, gateway, macOfRouter);
  return eth0;
}

void Network::State::makeOutsideEnd(unsigned slot, const std::string& link) {
  switchOffIpv6(link);
  const int index = netlink.linkNamed(link);
  netlink.bringUp(index);
  netlink.addRoute(index, {address(slot), 32});
}

Network::Network(NetworkConfig config) : state_(std::make_unique<State>(std::move(config))) {
  State& state = *state_;
  state.usable = state.attempt("sandboxes have no network but loopback", [&] {
    state.sweep();
    state.makeGateway();
    const bool open = !state.config.ownNames.empty() &&
                      state.attempt("sandboxes do not reach the node's own services", [&] {
                        state.openDoor();
                        state.closeFirewall();
                      });
    if (open) return;
    state.shutDoor();
    state.closeFirewall();
  });
  if (state.usable) state.attempt("sandboxes cannot resolve names", [&] { state.startResolver(); });
}

Network::~Network() {
  State& state = *state_;
  state.resolver.reset();
  try {
    state.sweep();
    loadRules(fmt::format("table inet {0} {{}}\ndelete table inet {0}\n", state.table));
  } catch (const std::exception& error) {
    log::warn("the sandboxes' network stays",
              {{"reason", error.what()}});  // the scope's next launcher sweeps it
  }
}

const std::vector<std::string>& Network::shortcomings() const { return state_->shortcomings; }

bool Network::usable() const { return state_->usable; }

unsigned Network::capacity() const { return state_->block.size() - 3; }

std::string Network::gateway() const { return toText(state_->gateway); }

std::string Network::addressOf(unsigned slot) const { return toText(state_->address(slot)); }

std::string Network::resolvConf() const {
  return "nameserver " + gateway() + "\noptions timeout:3 attempts:2\n";
}

std::vector<Fd> Network::takeDoor() { return std::exchange(state_->door, {}); }

void Network::attach(int networkNamespace, unsigned slot) {
  State& state = *state_;
  if (!state.usable) throw std::runtime_error(state.shortcomings.front());
  if (slot >= capacity())
    throw std::runtime_error(fmt::format("there is no network slot {}", slot));
  detach(slot);
  const std::string link = state.nextLink();
  Netlink inside = state.insideOf(networkNamespace);
  const int eth0 = state.makeInsideEnd(inside, slot, link);
  state.makeOutsideEnd(slot, link);
  // The end that came up first learns of its carrier later, and drops what is sent until then.
  // Asking for its state makes the kernel (6.9 and later) do it at once.
  inside.settle(eth0);
  state.linkOf[slot] = link;
}

void Network::grant(unsigned slot, Grant grant) {
  State& state = *state_;
  const auto found = state.linkOf.find(slot);
  if (found == state.linkOf.end())
    throw std::runtime_error(fmt::format("there is no sandbox in network slot {}", slot));
  const std::uint32_t known = (std::uint32_t{1} << state.config.privates.size()) - 1;
  if ((grant.privates & ~known) != 0)
    throw std::runtime_error("one of the private networks is not known");
  // The rules look at the link's group, which goes when the link goes.
  state.netlink.setGroup(state.netlink.linkNamed(found->second),
                         grant.privates | (grant.only ? onlyPrivateGroup : 0));
}

void Network::detach(unsigned slot) {
  // The link itself goes with the sandbox's namespace: the kernel removes it aside, while removing
  // it here would keep the launcher waiting for some 30 ms. Without its route nothing passes it, in
  // either direction.
  State& state = *state_;
  const auto found = state.linkOf.find(slot);
  if (found == state.linkOf.end()) return;
  const int index = state.netlink.linkNamed(found->second);
  state.linkOf.erase(found);
  if (index != 0) state.netlink.removeRoute(index, {state.address(slot), 32});
}

void Network::loopback(int networkNamespace) {
  const Fd home(static_cast<int>(
      check(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "open the network namespace")));
  const NamespaceVisit visit(networkNamespace, home.get());
  Netlink inside;
  inside.bringUp(inside.linkNamed("lo"));
}

Fd Network::namespaceOf(pid_t process) {
  const std::string path = fmt::format("/proc/{}/ns/net", process);
  return Fd(static_cast<int>(check(open(path.c_str(), O_RDONLY | O_CLOEXEC), "open " + path)));
}

pid_t Network::resolver() const {
  const std::optional<Resolver>& resolver = state_->resolver;
  return resolver ? resolver->process() : 0;
}

bool Network::childEnded(pid_t process) {
  State& state = *state_;
  if (process == 0 || process != resolver()) return false;
  if (state.resolver) state.resolver->forget();
  state.attempt("sandboxes cannot resolve names", [&] { state.startResolver(); });
  return true;
}

}  // namespace openfc::sandbox::launcher
