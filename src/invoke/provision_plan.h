#pragma once

#include "base/clock.h"
#include "model/provision_config.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace openfc::invoke {

/// How far provisioned instances are used.
struct ProvisionUse {
  std::int64_t kept = 0;  // that are ready
  Duration used{};        // time of invocations in them, ever growing
  Duration had{};         // time for which they had room for one, the same
};

/// How many instances one configuration asks for as time goes on: what was set, until an action
/// fires, until the metric of a policy says otherwise; whatever comes later counts. Pure logic.
class ProvisionPlan {
public:
  explicit ProvisionPlan(model::ProvisionConfig config) : config_(std::move(config)) {}

  const model::ProvisionConfig& config() const { return config_; }
  /// Looks at the schedule, and once a minute at the use.
  void decide(Time now, const ProvisionUse& use);
  /// What was decided last.
  std::int64_t target() const { return target_; }
  /// Whether it is time to decide again; also after the clock was set back.
  bool due(Time now) const { return now < decided_ || (next_ && *next_ <= now); }
  /// Whether it will ever be time again.
  bool changes() const { return next_.has_value(); }

private:
  struct Measurement {
    Time at;
    ProvisionUse use;
  };
  using Policies = std::vector<const model::TargetTrackingPolicy*>;
  void follow(const Policies& policies, Time now, const ProvisionUse& use);

  model::ProvisionConfig config_;
  std::optional<model::ScheduledTarget> scheduled_;
  std::optional<Measurement> measured_;  // nothing while no policy counts
  std::int64_t target_ = 0;
  Time decided_;
  std::optional<Time> next_;
};

}  // namespace openfc::invoke
