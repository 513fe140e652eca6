#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace openfc::invoke {

/// What has become of a provision configuration.
struct ProvisionState {
  std::int64_t target = 0;           // instances that there should be at this moment
  std::int64_t current = 0;          // instances that there are
  std::optional<std::string> error;  // why there are fewer than there should be
};

/// What there is to see of the instances of this node. Belongs to the loop.
class Instances {
public:
  virtual ~Instances() = default;
  /// By the configuration's key in the store. What is not configured shows what is left of it.
  virtual ProvisionState provisioned(const std::string& key) const = 0;
};

}  // namespace openfc::invoke
