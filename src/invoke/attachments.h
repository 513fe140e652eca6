#pragma once

#include "model/service.h"
#include "sandbox/sandbox.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::invoke {

/// A NAS server of the configuration; its number is its place in the list, which the launcher knows
/// as a directory. Rows of one address and different accounts may stand beside each other.
struct NasServer {
  std::string address;  // "host:/path": nasConfig's serverAddr is it, or a directory below
  std::vector<std::string> accounts;  // whose services may mount it
  std::optional<int> userId;          // whom functions are there, whatever nasConfig says
  std::optional<int> groupId;
};

/// A vSwitch of the configuration; its number is its place in the list.
struct VSwitch {
  std::string id;
  std::string vpcId;                  // "" = of any VPC
  std::vector<std::string> accounts;  // whose services may use it
};

/// What functions may mount and reach because the operator says so. Without any NAS server, a
/// service's nasConfig is only recorded, and the same for vpcConfig without any vSwitch. A value.
class Attachments {
public:
  Attachments() = default;
  Attachments(std::vector<NasServer> servers, std::vector<VSwitch> switches)
      : servers_(std::move(servers)), switches_(std::move(switches)) {}

  /// Tells what of the configuration services of the account cannot have. What is another account's
  /// is as unknown as what does not exist.
  void check(std::string_view account, const model::ServiceConfig& config,
             schema::Problems& problems) const;
  /// Puts mounts and networks of the account's service into what its instances get. Throws
  /// Error{invalidArgument} as check() tells: a service may be older than the operator's list.
  void apply(std::string_view account, const model::ServiceConfig& config, sandbox::Shape& shape,
             sandbox::Adoption& adoption) const;

private:
  std::optional<sandbox::Share> shareAt(std::string_view account, const std::string& address) const;
  std::vector<sandbox::Share> sharesOf(std::string_view account, const model::NasConfig& nas,
                                       schema::Problems& problems) const;
  std::uint32_t networksOf(std::string_view account, const model::VpcConfig& vpc,
                           schema::Problems& problems) const;

  std::vector<NasServer> servers_;
  std::vector<VSwitch> switches_;
};

}  // namespace openfc::invoke
