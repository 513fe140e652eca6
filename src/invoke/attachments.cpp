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

bool contains(const std::vector<std::string>& accounts, std::string_view account) {
  return std::ranges::find(accounts, account) != accounts.end();
}

bool overlap(const std::string& a, const std::string& b) {
  return a == b || a.starts_with(b + '/') || b.starts_with(a + '/');
}

}  // namespace

/// What of the servers stands for the address. The rows that name most of it count, of whatever
/// account: a directory that is another account's is not had through one above it.
std::optional<sandbox::Share> Attachments::shareAt(std::string_view account,
                                                   const std::string& address) const {
  std::optional<std::string> rest;
  std::optional<sandbox::Share> share;
  for (std::size_t number = 0; number < servers_.size(); ++number) {
    const NasServer& server = servers_[number];
    auto found = below(address, server.address);
    if (!found || (rest && rest->size() < found->size())) continue;
    if (!rest || found->size() < rest->size()) share.reset();
    rest = std::move(found);
    if (share || !contains(server.accounts, account)) continue;
    share = {.number = static_cast<std::uint16_t>(number), .below = *rest};
  }
  if (!rest || (!rest->empty() && !isPlain(*rest))) return std::nullopt;
  return share;
}

std::vector<sandbox::Share> Attachments::sharesOf(std::string_view account,
                                                  const model::NasConfig& nas,
                                                  schema::Problems& problems) const {
  std::vector<sandbox::Share> shares;
  if (servers_.empty()) return shares;
  for (std::size_t i = 0; i < nas.mountPoints.size(); ++i) {
    const model::NasMountPoint& point = nas.mountPoints[i];
    const std::string name = fmt::format("nasConfig.mountPoints[{}]", i);
    auto share = shareAt(account, point.serverAddr);
    if (!share) {
      problems.add(
          fmt::format("{}.serverAddr: there is no NAS server '{}'", name, point.serverAddr));
      share.emplace();
    }
    share->place = trimmedPlace(point.mountDir);
    const NasServer& server = servers_[share->number];
    share->user = server.userId.value_or(nas.userId);
    share->group = server.groupId.value_or(nas.groupId);
    if (!takesMounts(share->place)) {
      problems.add(fmt::format("{}.mountDir: '{}' is not /mnt, /home, /data or a directory below",
                               name, point.mountDir));
    }
    for (const sandbox::Share& other : shares) {
      if (overlap(share->place, other.place))
        problems.add(
            fmt::format("{}.mountDir: '{}' overlaps with '{}'", name, share->place, other.place));
    }
    shares.push_back(std::move(*share));
  }
  return shares;
}

std::uint32_t Attachments::networksOf(std::string_view account, const model::VpcConfig& vpc,
                                      schema::Problems& problems) const {
  std::uint32_t networks = 0;
  if (switches_.empty()) return networks;
  for (const std::string& id : vpc.vSwitchIds) {
    if (id.empty()) continue;
    const auto found = std::ranges::find_if(switches_, [&](const VSwitch& one) {
      return one.id == id && contains(one.accounts, account);
    });
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

void Attachments::check(std::string_view account, const model::ServiceConfig& config,
                        schema::Problems& problems) const {
  (void)sharesOf(account, config.nasConfig, problems);
  (void)networksOf(account, config.vpcConfig, problems);
}

void Attachments::apply(std::string_view account, const model::ServiceConfig& config,
                        sandbox::Shape& shape, sandbox::Adoption& adoption) const {
  schema::Problems problems;
  adoption.shares = sharesOf(account, config.nasConfig, problems);
  adoption.privateNetworks = networksOf(account, config.vpcConfig, problems);
  problems.throwIfAny();
  if (adoption.privateNetworks == 0) return;
  adoption.onlyPrivate = shape.network == sandbox::Network::loopback;
  shape.network = sandbox::Network::internet;
}

}  // namespace openfc::invoke
