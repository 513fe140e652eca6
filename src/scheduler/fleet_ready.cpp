// What the fleet keeps ready of a function, and how much it may start of it on demand.

#include "base/id.h"
#include "base/log.h"
#include "scheduler/fleet.h"
#include "scheduler/fleet_function.h"
#include "scheduler/policy.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::scheduler {
namespace {

constexpr std::size_t startedAtOnce = 8;  // of one function; the others follow
constexpr std::chrono::seconds soon{10};  // an instance that ends earlier did not come up well
constexpr std::chrono::minutes forgiven{5};

}  // namespace

void Fleet::provision(Provision provision) {
  if (closed_) return;
  const Function* known = findFunction(provision.spec->key, provision.alias);
  if (provision.instances == 0 && (known == nullptr || known->retired)) return;
  Function& function = functionOf(provision.spec, provision.alias);
  function.ready.wanted = provision.instances;
  setAwake(function, provision.awake);
  dropSurplus(function);
  pump(function);
}

Provisioned Fleet::provisioned(const std::string& key, const std::string& alias) const {
  const auto found = functions_.find(placeOf(key, alias));
  if (found == functions_.end()) return {};
  Function& function = *found->second;
  measure(function);
  const auto living = std::ranges::count_if(
      function.instances, [](const auto& instance) { return instance->provisioned_; });
  return {.current = static_cast<std::size_t>(living),
          .kept = function.ready.kept,
          .error = function.ready.kept < function.ready.wanted ? function.ready.error : "",
          .used = function.ready.used,
          .had = function.ready.had};
}

void Fleet::keepReady(Function& function) {
  FleetReady& ready = function.ready;
  const std::uint64_t memory = function.spec->adoption.memory;
  while (ready.lacks() && !ready.pause && !closed_ && ready.starting < startedAtOnce) {
    if (!makeRoom(*function.account, memory)) {
      ready.error = lackOf(function);
      return block(function);
    }
    auto trigger = std::make_shared<Waiter>();
    trigger->ofNobody = true;
    trigger->call.requestId = uuid();
    trigger->log = std::make_shared<InvocationLog>(trigger->call.requestId, false);
    beginStart(function, std::move(trigger));
  }
}

void Fleet::dropSurplus(Function& function) {
  std::vector<std::shared_ptr<Instance>> kept;
  std::ranges::copy_if(function.instances, std::back_inserter(kept), [](const auto& instance) {
    return instance->provisioned_ && !instance->retired_;
  });
  std::ranges::partition(kept, [](const auto& instance) { return instance->inFlight_ == 0; });
  for (const auto& instance : kept) {
    if (function.ready.kept <= function.ready.wanted) return;
    retireInstance(instance, "fewer instances are wanted");
  }
}

void Fleet::setAwake(Function& function, bool awake) {
  if (std::exchange(function.ready.awake, awake) == awake) return;
  for (const auto& instance : function.instances) {
    if (!instance->provisioned_ || instance->inFlight_ > 0 || instance->hooked_) continue;
    if (instance->state_ == Instance::State::frozen) instance->guest().sandbox().thaw();
    rest(instance);
  }
}

void Fleet::lose(Instance& instance) {
  Function& function = *instance.function_;
  if (!instance.retired_) {
    measure(function);
    --function.ready.kept;
  }
  if (closed_ || !function.ready.lacks()) return;
  if (!instance.retired_ && loop_.steady() - instance.born_ < soon)
    pauseAfterFailure(function, endedSoon());
  loop_.post([this, held = function.shared_from_this()] { pump(*held); });
}

std::string Fleet::endedSoon() { return "an instance ended soon after its start"; }

void Fleet::pauseAfterFailure(Function& function, std::string reason) {
  FleetReady& ready = function.ready;
  const SteadyTime now = loop_.steady();
  if (now - ready.lastFailure > forgiven) ready.failures = 0;
  ready.lastFailure = now;
  ready.error = std::move(reason);
  if (ready.pause) return;
  const auto pause = policy::pauseAfter(++ready.failures);
  ready.pause = loop_.after(pause, [this, held = function.shared_from_this()] {
    held->ready.pause.reset();
    if (!closed_) pump(*held);
  });
}

void Fleet::measure(Function& function) const {
  FleetReady& ready = function.ready;
  const SteadyTime now = loop_.steady();
  const auto passed = now - std::exchange(ready.measuredAt, now);
  const auto room =
      static_cast<std::int64_t>(ready.kept) * function.spec->configuration.instanceConcurrency;
  ready.used += passed * static_cast<std::int64_t>(ready.running);
  ready.had += passed * room;
}

std::shared_ptr<FleetOnDemand>& Fleet::onDemandOf(const std::string& name) {
  auto& place = onDemand_[name];
  if (!place) place = std::make_shared<OnDemand>(OnDemand{.name = name});
  return place;
}

void Fleet::limitOnDemand(const std::string& name, std::optional<std::size_t> most) {
  const std::shared_ptr<OnDemand> held = onDemandOf(name);
  OnDemand& onDemand = *held;
  onDemand.most = most;
  forgetLimit(onDemand);
  std::size_t excess = most && onDemand.instances > *most ? onDemand.instances - *most : 0;
  for (const auto& [place, function] : functions_) {
    if (function->onDemand != held) continue;
    const auto all = function->instances;
    for (const auto& instance : all) {
      if (instance->provisioned_ || instance->inFlight_ > 0) continue;
      if (excess == 0) return;
      --excess;
      retireInstance(instance, "fewer instances may be started on demand");
    }
  }
}

}  // namespace openfc::scheduler
