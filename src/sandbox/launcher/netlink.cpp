#include "sandbox/launcher/netlink.h"

#include "base/check.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/addr.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <netlink/socket.h>
#include <sched.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace openfc::sandbox::launcher {
namespace {

template <auto put>
struct Put {
  template <class T>
  void operator()(T* object) const {
    put(object);
  }
};
using Link = std::unique_ptr<rtnl_link, Put<rtnl_link_put>>;
using Address = std::unique_ptr<rtnl_addr, Put<rtnl_addr_put>>;
using Route = std::unique_ptr<rtnl_route, Put<rtnl_route_put>>;
using Bytes = std::unique_ptr<nl_addr, Put<nl_addr_put>>;

void must(int result, std::string_view doing) {
  if (result < 0) throw std::runtime_error(fmt::format("{}: {}", doing, nl_geterror(result)));
}

Bytes toBytes(const Block& block) {
  const in_addr_t raw = htonl(block.address);
  Bytes bytes(nl_addr_build(AF_INET, &raw, sizeof raw));
  if (!bytes) throw std::bad_alloc();
  nl_addr_set_prefixlen(bytes.get(), static_cast<int>(block.prefix));
  return bytes;
}

Bytes macBytes(const std::string& mac) {
  nl_addr* raw = nullptr;
  must(nl_addr_parse(mac.c_str(), AF_LLC, &raw), "read the link address " + mac);
  return Bytes(raw);
}

void name(rtnl_link* link, const std::string& name, const std::string& mac) {
  rtnl_link_set_name(link, name.c_str());
  rtnl_link_set_addr(link, macBytes(mac).get());
}

Route routeOn(int link, const Block& destination, std::optional<std::uint32_t> router) {
  Route route(rtnl_route_alloc());
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  if (!route || hop == nullptr) throw std::bad_alloc();
  rtnl_route_nh_set_ifindex(hop, link);
  if (router) {
    rtnl_route_nh_set_flags(hop, RTNH_F_ONLINK);
    rtnl_route_nh_set_gateway(hop, toBytes({*router, 32}).get());
  }
  rtnl_route_add_nexthop(route.get(), hop);
  rtnl_route_set_family(route.get(), AF_INET);
  rtnl_route_set_scope(route.get(), router ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK);
  must(rtnl_route_set_dst(route.get(), toBytes(destination).get()), "set the route's destination");
  return route;
}

}  // namespace

Block toBlock(const std::string& text) {
  const auto wrong = [&] {
    return std::invalid_argument(fmt::format("\"{}\" is not an IPv4 block like 10.1.2.0/24", text));
  };
  const std::size_t slash = text.find('/');
  in_addr raw{};
  if (inet_pton(AF_INET, text.substr(0, slash).c_str(), &raw) != 1) throw wrong();
  Block block{.address = ntohl(raw.s_addr), .prefix = 32};
  if (slash != std::string::npos) {
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + slash + 1, end, block.prefix);
    if (read.ec != std::errc() || read.ptr != end || block.prefix > 32) throw wrong();
  }
  const std::uint32_t host = block.prefix == 32 ? 0 : ~std::uint32_t{0} >> block.prefix;
  if ((block.address & host) != 0) throw wrong();
  return block;
}

std::string toText(std::uint32_t address) {
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 255, (address >> 8) & 255,
                     address & 255);
}

std::string toText(const Block& block) {
  return fmt::format("{}/{}", toText(block.address), block.prefix);
}

void Netlink::Close::operator()(nl_sock* socket) const { nl_socket_free(socket); }

Netlink::Netlink() : socket_(nl_socket_alloc()) {
  if (!socket_) throw std::bad_alloc();
  must(nl_connect(socket_.get(), NETLINK_ROUTE), "open a netlink socket");
}

Netlink::~Netlink() = default;

bool Netlink::createPair(const LinkPair& pair) {
  const Link link(rtnl_link_veth_alloc());
  if (!link) throw std::bad_alloc();
  name(link.get(), pair.name, pair.mac);
  const Link peer(rtnl_link_veth_get_peer(link.get()));
  name(peer.get(), pair.peerName, pair.peerMac);
  if (pair.peerNamespace >= 0) rtnl_link_set_ns_fd(peer.get(), pair.peerNamespace);
  const int result = rtnl_link_add(socket_.get(), link.get(), NLM_F_CREATE | NLM_F_EXCL);
  if (result == -NLE_EXIST) return false;
  must(result, "create the links " + pair.name + " and " + pair.peerName);
  return true;
}

void Netlink::bringUp(int index) {
  const Link link(rtnl_link_alloc());
  const Link change(rtnl_link_alloc());
  if (!link || !change) throw std::bad_alloc();
  rtnl_link_set_ifindex(link.get(), index);
  rtnl_link_set_flags(change.get(), IFF_UP);
  must(rtnl_link_change(socket_.get(), link.get(), change.get(), 0),
       fmt::format("bring up link {}", index));
}

void Netlink::setGroup(int index, std::uint32_t group) {
  const Link link(rtnl_link_alloc());
  const Link change(rtnl_link_alloc());
  if (!link || !change) throw std::bad_alloc();
  rtnl_link_set_ifindex(link.get(), index);
  rtnl_link_set_group(change.get(), group);
  must(rtnl_link_change(socket_.get(), link.get(), change.get(), 0),
       fmt::format("set the group of link {}", index));
}

void Netlink::addAddress(int link, const Block& block) {
  const Address address(rtnl_addr_alloc());
  if (!address) throw std::bad_alloc();
  rtnl_addr_set_ifindex(address.get(), link);
  must(rtnl_addr_set_local(address.get(), toBytes(block).get()), "set the address");
  must(rtnl_addr_add(socket_.get(), address.get(), 0), "add the address " + toText(block));
}

void Netlink::addRoute(int link, const Block& destination) {
  const Route route = routeOn(link, destination, std::nullopt);
  must(rtnl_route_add(socket_.get(), route.get(), NLM_F_REPLACE),
       "add the route to " + toText(destination));
}

void Netlink::removeRoute(int link, const Block& destination) {
  const Route route = routeOn(link, destination, std::nullopt);
  const int result = rtnl_route_delete(socket_.get(), route.get(), 0);
  if (result != -NLE_OBJ_NOTFOUND) must(result, "remove the route to " + toText(destination));
}

void Netlink::addDefaultRoute(int link, std::uint32_t router) {
  const Route route = routeOn(link, {0, 0}, router);
  must(rtnl_route_add(socket_.get(), route.get(), 0), "add the default route");
}

void Netlink::addNeighbour(int link, std::uint32_t address, const std::string& mac) {
  const std::unique_ptr<rtnl_neigh, Put<rtnl_neigh_put>> neighbour(rtnl_neigh_alloc());
  if (!neighbour) throw std::bad_alloc();
  rtnl_neigh_set_ifindex(neighbour.get(), link);
  rtnl_neigh_set_state(neighbour.get(), NUD_PERMANENT);
  rtnl_neigh_set_lladdr(neighbour.get(), macBytes(mac).get());
  must(rtnl_neigh_set_dst(neighbour.get(), toBytes(Block{address, 32}).get()),
       "set the neighbour's address");
  must(rtnl_neigh_add(socket_.get(), neighbour.get(), NLM_F_CREATE),
       "add the neighbour " + toText(address));
}

void Netlink::removeLink(const std::string& name) {
  const Link link(rtnl_link_alloc());
  if (!link) throw std::bad_alloc();
  rtnl_link_set_name(link.get(), name.c_str());
  const int result = rtnl_link_delete(socket_.get(), link.get());
  if (result != -NLE_NODEV && result != -NLE_OBJ_NOTFOUND) must(result, "remove the link " + name);
}

void Netlink::settle(int link) {
  rtnl_link* raw = nullptr;
  must(rtnl_link_get_kernel(socket_.get(), link, nullptr, &raw),
       fmt::format("look at link {}", link));
  const Link seen(raw);
}

int Netlink::linkNamed(const std::string& name) {
  rtnl_link* raw = nullptr;
  const int result = rtnl_link_get_kernel(socket_.get(), 0, name.c_str(), &raw);
  if (result == -NLE_NODEV || result == -NLE_OBJ_NOTFOUND) return 0;
  must(result, "look for the link " + name);
  const Link link(raw);
  return rtnl_link_get_ifindex(link.get());
}

NamespaceVisit::NamespaceVisit(int there, int home) : home_(home) {
  check(setns(there, CLONE_NEWNET), "enter a network namespace");
}

NamespaceVisit::~NamespaceVisit() {
  if (setns(home_, CLONE_NEWNET) != 0) std::abort();
}

}  // namespace openfc::sandbox::launcher
