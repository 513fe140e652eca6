#include "invoke/attachments.h"

#include "schema/read.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace openfc::invoke {
namespace {

constexpr std::string_view mountTops[] = {"/mnt", "/home", "/data"};
constexpr std::size_t maxPath = 512;

/// What of `address` is below `server`: "" = it is the same; nothing = it is elsewhere.
std::optional<std::string> below(std::string_view address, std::string_view server) {
  while (address.ends_with('/')) address.remove_suffix(1);
  while (server.ends_with('/')) server.remove_suffix(1);
  if (address == server) return "";
  if (!address.starts_with(server) || address[server.size()] != '/') return std::nullopt;
  return std::string(address.substr(server.size() + 1));
}

/// "a/b": names only, none of them "." or "..".
bool isPlain(std::string_view path) {
  if (path.empty() || path.size() > maxPath) return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view name = path.substr(at, end - at);
    if (name.empty() || name == "." || name == ".." || name.size() > 255) return false;
    at = end + 1;
  }
  return std::ranges::none_of(path, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

/// "/mnt/a/" as "/mnt/a".
std::string trimmedPlace(std::string place) {
  while (place.size() > 1 && place.ends_with('/')) place.pop_back();
  return place;
}

bool takesMounts(std::string_view place) {
  return std::ranges::any_of(mountTops, [place](std::string_view top) {
    return place == top || (place.starts_with(top) && place[top.size()] == '/' &&
                            isPlain(place.substr(top.size() + 1)));
  });
}

bool overlap(const std::string& a, const std::string& b) {
  return a == b || a.starts_with(b + '/') || b.starts_with(a + '/');
}

}  // namespace

std::vector<sandbox::Share> Attachments::sharesOf(const model::NasConfig& nas,
                                                  schema::Problems& problems) const {
  std::vector<sandbox::Share> shares;
  if (servers_.empty()) return shares;
  for (std::size_t i = 0; i < nas.mountPoints.size(); ++i) {
    const model::NasMountPoint& point = nas.mountPoints[i];
    const std::string name = fmt::format("nasConfig.mountPoints[{}]", i);
    sandbox::Share share{
        .place = trimmedPlace(point.mountDir), .user = nas.userId, .group = nas.groupId};
    std::optional<std::string> rest;
    for (std::size_t number = 0; number < servers_.size(); ++number) {
      auto found = below(point.serverAddr, servers_[number].address);
      // The server that names most of the address counts.
      if (!found || (rest && rest->size() <= found->size())) continue;
      rest = std::move(found);
      share.number = static_cast<std::uint16_t>(number);
    }
    if (!rest || (!rest->empty() && !isPlain(*rest))) {
      problems.add(
          fmt::format("{}.serverAddr: there is no NAS server '{}'", name, point.serverAddr));
    }
    if (!takesMounts(share.place)) {
      problems.add(fmt::format("{}.mountDir: '{}' is not /mnt, /home, /data or a directory below",
                               name, point.mountDir));
    }
    for (const sandbox::Share& other : shares) {
      if (overlap(share.place, other.place))
        problems.add(
            fmt::format("{}.mountDir: '{}' overlaps with '{}'", name, share.place, other.place));
    }
    share.below = rest.value_or("");
    shares.push_back(std::move(share));
  }
  return shares;
}

std::uint32_t Attachments::networksOf(const model::VpcConfig& vpc,
                                      schema::Problems& problems) const {
  std::uint32_t networks = 0;
  if (switches_.empty()) return networks;
  for (const std::string& id : vpc.vSwitchIds) {
    if (id.empty()) continue;
    const auto found = std::ranges::find(switches_, id, &VSwitch::id);
    if (found == switches_.end()) {
      problems.add(fmt::format("vpcConfig.vSwitchIds: there is no vSwitch '{}'", id));
    } else if (!found->vpcId.empty() && !vpc.vpcId.empty() && found->vpcId != vpc.vpcId) {
      problems.add(
          fmt::format("vpcConfig.vSwitchIds: vSwitch '{}' is not in VPC '{}'", id, vpc.vpcId));
    } else {
      networks |= std::uint32_t{1} << (found - switches_.begin());
    }
  }
  return networks;
}

void Attachments::check(const model::ServiceConfig& config, schema::Problems& problems) const {
  (void)sharesOf(config.nasConfig, problems);
  (void)networksOf(config.vpcConfig, problems);
}

void Attachments::apply(const model::ServiceConfig& config, sandbox::Shape& shape,
                        sandbox::Adoption& adoption) const {
  schema::Problems problems;
  adoption.shares = sharesOf(config.nasConfig, problems);
  adoption.privateNetworks = networksOf(config.vpcConfig, problems);
  problems.throwIfAny();
  if (adoption.privateNetworks == 0) return;
  adoption.onlyPrivate = shape.network == sandbox::Network::loopback;
  shape.network = sandbox::Network::internet;
}

}  // namespace openfc::invoke
