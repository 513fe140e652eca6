#include "invoke/provision_plan.h"

#include "scheduler/policy.h"

#include <algorithm>

namespace openfc::invoke {
namespace {

constexpr std::chrono::minutes evaluation{1};

/// The part of the room between two measurements that was used.
double utilization(const ProvisionUse& before, const ProvisionUse& after) {
  const auto had = static_cast<double>((after.had - before.had).count());
  return had > 0 ? static_cast<double>((after.used - before.used).count()) / had : 0;
}

}  // namespace

void ProvisionPlan::decide(Time now, const ProvisionUse& use) {
  const auto scheduled = model::scheduledTarget(config_, now);
  const bool fired =
      !scheduled_ || scheduled_->since != scheduled.since || scheduled_->target != scheduled.target;
  scheduled_ = scheduled;
  const auto policies = model::activePolicies(config_, now);
  if (fired || policies.empty()) {
    target_ = scheduled.target;
    measured_.reset();
  }
  if (!policies.empty()) follow(policies, now, use);
  decided_ = now;
  next_ = model::nextChange(config_, now);
  if (measured_) next_ = std::min(next_.value_or(Time::max()), measured_->at + evaluation);
}

void ProvisionPlan::follow(const Policies& policies, Time now, const ProvisionUse& use) {
  const bool measures = measured_ && now - measured_->at >= evaluation;
  const double metric = measures ? utilization(measured_->use, use) : 0;
  const bool ready = use.kept >= target_;  // else more have been asked for already
  std::int64_t most = 0;
  for (const model::TargetTrackingPolicy* policy : policies) {
    std::int64_t wanted = target_;
    if (measures && (ready || metric < policy->metricTarget))
      wanted = scheduler::policy::trackedCapacity(target_, metric, policy->metricTarget);
    most = std::max(most, std::clamp(wanted, policy->minCapacity, policy->maxCapacity));
  }
  target_ = most;
  if (!measured_ || measures || now < measured_->at) measured_ = Measurement{now, use};
}

}  // namespace openfc::invoke
