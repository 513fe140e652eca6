// What the fleet does with an instance once it is up: lend, take back, freeze, reclaim, kill.

#include "base/log.h"
#include "scheduler/fleet.h"
#include "scheduler/fleet_function.h"

#include <algorithm>

namespace openfc::scheduler {
namespace {

/// A reference of one's own: the caller's may be that of a list which the instance leaves.
std::shared_ptr<Instance> kept(const std::shared_ptr<Instance>& instance) { return instance; }

}  // namespace

void Fleet::enter(Function& function, const std::shared_ptr<Instance>& instance) {
  instance->function_ = function.shared_from_this();
  instance->born_ = loop_.steady();
  setReserved(*instance, instance->spec().adoption.memory);
  function.instances.push_back(instance);
  list(*instance);
  busy_.push_back(instance);
  instance->home_ = &busy_;
  instance->place_ = std::prev(busy_.end());
  if (instance->provisioned_) {
    measure(function);
    if (++function.ready.kept >= function.ready.wanted) function.ready.error.clear();
  }
  rest(instance);
  const std::weak_ptr<Instance> weak = instance;
  instance->guest().onExit([this, weak] {
    const auto ended = weak.lock();
    if (!ended) return;
    if (ended->oomKilled()) {
      metrics_.counter("fc_sandbox_oom_total", "Instances that their memory limit ended.").add();
      report_.memoryKilled(ended->spec(), ended->id());
    }
    remove(ended);
  });
}

/// It has no invocation any more.
void Fleet::rest(const std::shared_ptr<Instance>& instance) {
  instance->state_ = Instance::State::idle;
  instance->idleSince_ = loop_.steady();
  const bool awake =
      instance->visits_ > 0 || (instance->provisioned_ && instance->function_->ready.awake);
  moveTo(*instance, awake ? standby_ : idle_);
  armFreezer();
}

void Fleet::moveTo(Instance& instance, Instances& home) {
  home.splice(home.end(), *instance.home_, instance.place_);
  instance.home_ = &home;
}

void Fleet::list(Instance& instance) {
  if (instance.listed_) return;
  Function& function = *instance.function_;
  (instance.provisioned_ ? function.ready.available : function.available).push_back(&instance);
  instance.listed_ = true;
}

/// Nobody gets it any more; it ends when its last invocation has.
void Fleet::retireInstance(const std::shared_ptr<Instance>& instance, std::string_view reason) {
  const auto self = kept(instance);
  if (!self->retired_) {
    self->retired_ = true;
    unlist(*self);
    if (self->provisioned_) {
      measure(*self->function_);
      --self->function_->ready.kept;
    }
  }
  if (self->inFlight_ == 0 && !self->hooked_) end(self, reason);
}

void Fleet::giveBack(const std::shared_ptr<Instance>& instance) {
  Function& function = *instance->function_;
  --inFlight_;
  --function.account->inFlight;
  --instance->inFlight_;
  if (instance->provisioned_) {
    measure(function);
    --function.ready.running;
  }
  if (instance->state_ == Instance::State::dead) return pump(function);
  if (instance->retired_ || !instance->worker().alive()) {
    retireInstance(instance, "its function was updated or its process ends");
    if (function.ready.lacks()) pump(function);
    return;
  }
  list(*instance);
  if (instance->inFlight_ == 0) rest(instance);
  if (!function.waiters.empty()) {
    noteServed(function);
    pump(function);
  }
  if (!blocked_.empty() && instance->inFlight_ == 0) blockedMayProceed();
}

void Fleet::kill(const std::shared_ptr<Instance>& instance, std::string_view reason) {
  if (instance->state_ == Instance::State::dead) return;
  log::debug(
      "kill an instance",
      {{"instanceId", instance->id()}, {"function", instance->spec().key}, {"reason", reason}});
  const auto self = kept(instance);
  remove(self);
  self->guest().kill();
}

void Fleet::remove(const std::shared_ptr<Instance>& instance) {
  if (instance->state_ == Instance::State::dead) return;
  const auto self = kept(instance);
  unlist(*self);
  self->state_ = Instance::State::dead;
  self->home_->erase(self->place_);
  setReserved(*self, 0);
  Function& function = *self->function_;
  std::erase(function.instances, self);
  if (self->provisioned_) {
    lose(*self);
  } else {
    --function.onDemand->instances;
  }
  if (closed_) return;
  if (!function.waiters.empty()) pump(function);
  forgetSoon(function);
  if (!blocked_.empty()) loop_.post([this] { blockedMayProceed(); });
}

void Fleet::setReserved(Instance& instance, std::uint64_t bytes) {
  const std::string& account = instance.function_->account->id;
  memory_.remove(account, instance.reserved_);
  memory_.add(account, bytes);
  instance.reserved_ = bytes;
}

void Fleet::unlist(Instance& instance) {
  if (!instance.listed_) return;
  instance.listed_ = false;
  Function& function = *instance.function_;
  std::erase(instance.provisioned_ ? function.ready.available : function.available, &instance);
}

void Fleet::armFreezer() {
  if (freezerArmed_ || idle_.empty()) return;
  freezerArmed_ = true;
  const SteadyTime due = idle_.front()->idleSince_ + config_.freezeAfter;
  loop_.after(std::max(due - loop_.steady(), Duration::zero()), [this] {
    freezerArmed_ = false;
    freezeDue();
    armFreezer();
  });
}

void Fleet::freezeDue() {
  const SteadyTime now = loop_.steady();
  while (!idle_.empty() && idle_.front()->idleSince_ + config_.freezeAfter <= now) {
    const auto instance = idle_.front();
    if (hasHook(*instance, runtime::Hook::preFreeze)) {
      makeBusy(instance);
      spawn(freezeAfterHook(instance), "freeze an instance");
    } else {
      freeze(instance);
    }
  }
  armReclaimer();
  if (!blocked_.empty()) blockedMayProceed();
}

void Fleet::freeze(const std::shared_ptr<Instance>& instance) {
  instance->worker().rest();
  instance->awake_ = !instance->guest().sandbox().freeze();
  instance->state_ = Instance::State::frozen;
  if (instance->provisioned_) {
    moveTo(*instance, standby_);  // it must wake at any time: its memory stays its own
    return;
  }
  moveTo(*instance, frozen_);
  if (instance->awake_) return;  // it may grow: its memory stays its own
  setReserved(*instance, std::min(instance->guest().sandbox().memory(), instance->reserved_));
}

void Fleet::armReclaimer() {
  if (reclaimerArmed_ || frozen_.empty()) return;
  reclaimerArmed_ = true;
  const SteadyTime due = frozen_.front()->idleSince_ + config_.reclaimAfter;
  loop_.after(std::max(due - loop_.steady(), Duration::zero()), [this] {
    reclaimerArmed_ = false;
    reclaimDue();
    armReclaimer();
  });
}

void Fleet::reclaimDue() {
  const SteadyTime now = loop_.steady();
  while (!frozen_.empty() && frozen_.front()->idleSince_ + config_.reclaimAfter <= now) {
    retireInstance(frozen_.front(), "it was idle for long");
  }
}

}  // namespace openfc::scheduler
