#pragma once

#include "model/service.h"
#include "sandbox/sandbox.h"

#include <string>
#include <vector>

namespace openfc::invoke {

/// A NAS server of the configuration; its number is its place in the list, which the launcher knows
/// as a directory.
struct NasServer {
  std::string address;  // "host:/path": nasConfig's serverAddr is it, or a directory below
};

/// A vSwitch of the configuration; its number is its place in the list.
struct VSwitch {
  std::string id;
  std::string vpcId;  // "" = of any VPC
};

/// What functions may mount and reach because the operator says so. Without any NAS server, a
/// service's nasConfig is only recorded, and the same for vpcConfig without any vSwitch. A value.
class Attachments {
public:
  Attachments() = default;
  Attachments(std::vector<NasServer> servers, std::vector<VSwitch> switches)
      : servers_(std::move(servers)), switches_(std::move(switches)) {}

  /// Tells what of the configuration cannot be had.
  void check(const model::ServiceConfig& config, schema::Problems& problems) const;
  /// Puts mounts and networks of a service into what its instances get. Throws
  /// Error{invalidArgument} as check() tells: a service may be older than the operator's list.
  void apply(const model::ServiceConfig& config, sandbox::Shape& shape,
             sandbox::Adoption& adoption) const;

private:
  std::vector<sandbox::Share> sharesOf(const model::NasConfig& nas,
                                       schema::Problems& problems) const;
  std::uint32_t networksOf(const model::VpcConfig& vpc, schema::Problems& problems) const;

  std::vector<NasServer> servers_;
  std::vector<VSwitch> switches_;
};

}  // namespace openfc::invoke
