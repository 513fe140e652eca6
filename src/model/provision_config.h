#pragma once

#include "base/clock.h"
#include "model/document.h"
#include "schema/shape.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::model {

/// Changes the target at moments of a schedule (api-spec 3.16). Times stay as clients wrote them.
struct ScheduledAction {
  std::string name;
  std::string startTime;  // of the window in which the schedule counts
  std::string endTime;    // the last moment of it
  std::int64_t target = 0;
  std::string scheduleExpression;  // "cron(0 0 20 * * *)" or "at(2020-10-10T10:10:10Z)"
  bool operator==(const ScheduledAction&) const = default;
};

/// Lets the target follow a metric (api-spec 3.17).
struct TargetTrackingPolicy {
  std::string name;
  std::string startTime;  // of the window in which the policy counts
  std::string endTime;    // the last moment of it
  std::string metricType;
  double metricTarget = 0;
  std::int64_t minCapacity = 0;
  std::int64_t maxCapacity = 0;
  bool operator==(const TargetTrackingPolicy&) const = default;
};

/// What a client sets of a function's provisioned instances, but the target.
struct ProvisionSettings {
  std::vector<ScheduledAction> scheduledActions;
  std::vector<TargetTrackingPolicy> targetTrackingPolicies;
  bool alwaysAllocateCPU = false;
  bool operator==(const ProvisionSettings&) const = default;
};

/// The provisioned instances of one function under one qualifier.
struct ProvisionConfig {
  std::string serviceName;
  std::string functionName;
  std::string qualifier;  // LATEST, a version or an alias
  std::int64_t target = 0;
  Time targetTime;  // when `target` was set
  ProvisionSettings settings;
  bool operator==(const ProvisionConfig&) const = default;
};

const schema::Shape& shapeOf(const ScheduledAction*);
const schema::Shape& shapeOf(const TargetTrackingPolicy*);
const schema::Shape& shapeOf(const ProvisionSettings*);
const schema::Shape& shapeOf(const ProvisionConfig*);

inline constexpr std::int64_t maxProvisionTarget = 10'000;

/// The rules that concern several members: names that repeat, windows and bounds the wrong way
/// round.
void check(const ProvisionSettings& settings, schema::Problems& problems);

/// "1300000000000042#orders#prod#resize": how answers name a configuration.
std::string resourceOf(std::string_view account, const ProvisionConfig& config);

/// The target that holds at a moment, by what was set and by the schedule, and since when.
struct ScheduledTarget {
  std::int64_t target = 0;
  Time since;
};
/// The last action to fire wins over the target that was set, also where it fired before: an action
/// whose window was open when the target was set counts with its latest moment until then. Of
/// actions of the same moment the last in the list wins.
ScheduledTarget scheduledTarget(const ProvisionConfig& config, Time now);
/// The first moment after `after` at which an action fires or a policy's window opens or closes;
/// nothing when there is none.
std::optional<Time> nextChange(const ProvisionConfig& config, Time after);
/// The policies whose windows hold `now`.
std::vector<const TargetTrackingPolicy*> activePolicies(const ProvisionConfig& config, Time now);

}  // namespace openfc::model
