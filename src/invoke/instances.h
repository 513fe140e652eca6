#pragma once

#include "base/task.h"
#include "scheduler/instance_keeper.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace openfc::invoke {

/// What has become of a provision configuration.
struct ProvisionState {
  std::int64_t target = 0;           // instances that there should be at this moment
  std::int64_t current = 0;          // instances that there are
  std::optional<std::string> error;  // why there are fewer than there should be
};

/// Which instances are meant: those that serve one version of a function, or those that serve it
/// for an alias.
struct InstanceQuery {
  std::string accountId;
  std::string serviceName;
  std::string versionId;  // or LATEST
  std::string functionName;
  std::string alias;  // "" = none
};

/// What there is to see of the instances of this node. Belongs to the loop.
class Instances {
public:
  virtual ~Instances() = default;
  /// By the configuration's key in the store. What is not configured shows what is left of it.
  virtual ProvisionState provisioned(const std::string& key) const = 0;
  /// The ids of the instances that serve or can serve, in no order.
  virtual std::vector<std::string> instances(const InstanceQuery& query) const = 0;
  /// Runs a program in one of them, as scheduler::InstanceKeeper::visit() does.
  virtual Task<std::unique_ptr<scheduler::Visit>> visit(InstanceQuery query, std::string instanceId,
                                                        scheduler::VisitCommand command) const = 0;
};

}  // namespace openfc::invoke
