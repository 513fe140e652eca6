// What the fleet does with an instance once it is up: lend, take back, freeze, reclaim, kill.

#include "base/log.h"
#include "scheduler/fleet.h"
#include "scheduler/fleet_function.h"

#include <algorithm>

namespace openfc::scheduler {

void Fleet::enter(Function& function, const std::shared_ptr<Instance>& instance) {
  instance->state_ = Instance::State::idle;
  instance->idleSince_ = loop_.steady();
  setReserved(*instance, instance->spec().adoption.memory);
  function.instances.push_back(instance);
  function.available.push_back(instance.get());
  instance->listed_ = true;
  idle_.push_back(instance);
  instance->place_ = std::prev(idle_.end());
  const std::weak_ptr<Instance> weak = instance;
  instance->guest().onExit([this, weak] {
    if (const auto ended = weak.lock()) {
      if (ended->oomKilled()) {
        metrics_.counter("fc_sandbox_oom_total", "Instances that their memory limit ended.").add();
      }
      remove(ended);
    }
  });
  armFreezer();
}

void Fleet::giveBack(const std::shared_ptr<Instance>& instance) {
  --inFlight_;
  --instance->inFlight_;
  const auto found = functions_.find(instance->spec().key);
  Function& function = *found->second;
  if (instance->state_ == Instance::State::dead) return pump(function);
  if (!instance->worker().alive()) {
    instance->retired_ = true;
    unlist(*instance);
  }
  if (instance->retired_) {
    if (instance->inFlight_ == 0) kill(instance, "its function was updated or its process ends");
    return;
  }
  if (!instance->listed_) {
    function.available.push_back(instance.get());
    instance->listed_ = true;
  }
  if (instance->inFlight_ == 0) {
    instance->state_ = Instance::State::idle;
    instance->idleSince_ = loop_.steady();
    idle_.splice(idle_.end(), busy_, instance->place_);
    armFreezer();
  }
  if (!function.waiters.empty()) pump(function);
  if (!blocked_.empty() && instance->inFlight_ == 0) blockedMayProceed();
}

void Fleet::kill(const std::shared_ptr<Instance>& instance, std::string_view reason) {
  if (instance->state_ == Instance::State::dead) return;
  log::debug(
      "kill an instance",
      {{"instanceId", instance->id()}, {"function", instance->spec().key}, {"reason", reason}});
  const auto self = instance;  // the caller's reference may be the list's own
  remove(self);
  self->guest().kill();
}

void Fleet::remove(const std::shared_ptr<Instance>& instance) {
  if (instance->state_ == Instance::State::dead) return;
  const auto self = instance;
  auto& list = self->state_ == Instance::State::busy   ? busy_
               : self->state_ == Instance::State::idle ? idle_
                                                       : frozen_;
  unlist(*self);
  self->state_ = Instance::State::dead;
  list.erase(self->place_);
  setReserved(*self, 0);
  Function& function = *functions_.find(self->spec().key)->second;
  std::erase(function.instances, self);
  if (closed_) return;
  if (!function.waiters.empty()) pump(function);
  if (!blocked_.empty()) loop_.post([this] { blockedMayProceed(); });
}

void Fleet::setReserved(Instance& instance, std::uint64_t bytes) {
  memory_.remove(instance.reserved_);
  memory_.add(bytes);
  instance.reserved_ = bytes;
}

void Fleet::unlist(Instance& instance) {
  if (!instance.listed_) return;
  instance.listed_ = false;
  std::erase(functions_.find(instance.spec().key)->second->available, &instance);
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
    Instance& instance = *idle_.front();
    instance.worker().rest();
    instance.guest().sandbox().freeze();
    instance.state_ = Instance::State::frozen;
    frozen_.splice(frozen_.end(), idle_, instance.place_);
    setReserved(instance, std::min(instance.guest().sandbox().memory(), instance.reserved_));
  }
  armReclaimer();
  if (!blocked_.empty()) blockedMayProceed();
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
    kill(std::shared_ptr<Instance>(frozen_.front()), "it was idle for long");
  }
}

}  // namespace openfc::scheduler
