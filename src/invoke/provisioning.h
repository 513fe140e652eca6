#pragma once

#include "base/clock.h"
#include "base/loop.h"
#include "base/task.h"
#include "invoke/instances.h"
#include "invoke/provision_plan.h"
#include "scheduler/instance_keeper.h"
#include "store/documents.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace openfc::invoke {

/// Makes the stored provision and on-demand configurations true: tells the keeper of instances how
/// many to keep ready of which function version, as configurations, code, aliases and time change.
/// Belongs to the loop.
class Provisioning final : public Instances {
public:
  /// Finds the spec of a version of a function, or of LATEST; throws Error.
  using Resolve =
      std::function<Task<scheduler::SpecPtr>(std::string accountId, std::string serviceName,
                                             std::string versionId, std::string functionName)>;

  Provisioning(Loop& loop, const Clock& clock, store::Documents& documents,
               scheduler::InstanceKeeper& keeper, Resolve resolve);

  /// Takes up what is stored.
  Task<> open();
  ProvisionState provisioned(const std::string& key) const override;
  std::vector<std::string> instances(const InstanceQuery& query) const override;
  Task<std::unique_ptr<scheduler::Visit>> visit(InstanceQuery query, std::string instanceId,
                                                scheduler::VisitCommand command) const override;
  /// Over all configurations.
  ProvisionState total() const;

private:
  /// Instances of one version; an alias may have several.
  struct Part {
    scheduler::SpecPtr spec;
    std::string alias;  // "" = none
    double weight = 1;  // its share of the target
  };
  struct Entry {
    std::string account;
    std::optional<ProvisionPlan> plan;  // nothing: removed, its instances are ending
    std::vector<Part> parts;
    std::uint64_t wish = 0;  // grows with each look for the parts: only the latest counts
    std::string error;       // why the parts were not found
    SteadyTime retryAt{};    // when to look again after an error
  };

  void configChanged(const store::Change& change);
  void set(const std::string& key, model::ProvisionConfig config);
  void remove(const std::string& key);
  void limitChanged(const store::Change& change);
  void ownersChanged(std::string_view prefix, const store::Change& change);
  Task<> find(std::string key);
  Task<std::vector<Part>> partsOf(std::string account, model::ProvisionConfig config);
  void take(Entry& entry, std::vector<Part> parts);
  void apply(Entry& entry);
  ProvisionUse useOf(const Entry& entry) const;
  ProvisionState stateOf(const Entry& entry) const;
  void arm();
  void tick();

  Loop& loop_;
  const Clock& clock_;
  store::Documents& documents_;
  scheduler::InstanceKeeper& keeper_;
  Resolve resolve_;
  std::map<std::string, Entry> entries_;  // by the configuration's key
  bool armed_ = false;
};

}  // namespace openfc::invoke
