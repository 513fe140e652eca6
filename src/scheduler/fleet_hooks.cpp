// The user's functions around an instance's freezing and its end (runtime-contract 1.10). While one
// runs, the instance counts as busy and nobody gets it.

#include "base/id.h"
#include "base/log.h"
#include "scheduler/fleet.h"
#include "scheduler/fleet_function.h"

#include <fmt/core.h>

namespace openfc::scheduler {
namespace {

const runtime::LifecycleHook& hookOf(const runtime::Configuration& config, runtime::Hook hook) {
  return hook == runtime::Hook::preFreeze ? config.preFreeze : config.preStop;
}

std::string_view nameOf(runtime::Hook hook) {
  return hook == runtime::Hook::preFreeze ? "PreFreeze" : "PreStop";
}

}  // namespace

/// Counts a hook, and tells those who wait for the last.
class Fleet::HookUnderWay {
public:
  explicit HookUnderWay(Fleet& fleet) : fleet_(fleet) { ++fleet_.hooks_; }
  ~HookUnderWay() {
    if (--fleet_.hooks_ > 0) return;
    for (const auto& waiter : std::exchange(fleet_.hooksOver_, {})) waiter->give(true);
  }
  HookUnderWay(const HookUnderWay&) = delete;
  HookUnderWay& operator=(const HookUnderWay&) = delete;

private:
  Fleet& fleet_;
};

bool Fleet::hasHook(Instance& instance, runtime::Hook hook) {
  return !hookOf(instance.spec().configuration, hook).handler.empty() &&
         instance.worker().alive() && !instance.guest().exit();
}

/// Takes an instance that waits for work away from those who could get it, awake.
void Fleet::makeBusy(const std::shared_ptr<Instance>& instance) {
  const bool frozen = instance->state_ == Instance::State::frozen;
  moveTo(*instance, busy_);
  instance->state_ = Instance::State::busy;
  unlist(*instance);
  if (!frozen) return;
  setReserved(*instance, instance->spec().adoption.memory);
  instance->guest().sandbox().thaw();
}

/// What it prints goes to the function's log only: it belongs to no invocation.
Task<runtime::Reply> Fleet::runHook(std::shared_ptr<Instance> instance, runtime::Hook hook) {
  const runtime::Configuration& config = instance->spec().configuration;
  const auto log = std::make_shared<InvocationLog>(uuid(), false);
  const std::string about = fmt::format(" RequestId: {}", log->requestId());
  runtime::Call call{.requestId = log->requestId(),
                     .credentials = credentialsOrNone(instance->spec()),
                     .qualifier = config.qualifier};
  instance->hooked_ = true;
  instance->begin(log);
  instance->print(*log, fmt::format("FC {} Start{}", nameOf(hook), about));
  bool timedOut = false;
  auto reply = co_await timed(instance, instance->worker().run(hook, std::move(call)),
                              hookOf(config, hook).timeout, &timedOut);
  instance->peakMemoryMb();  // what it allocated is not the next invocation's
  instance->guest().drainOutput();
  const bool succeeded = std::holds_alternative<runtime::Success>(reply);
  instance->print(*log, fmt::format("FC {} End{}{}", nameOf(hook), about,
                                    succeeded ? "" : ", Error: Unhandled function error"));
  instance->end(log);
  instance->hooked_ = false;
  metrics_
      .counter("fc_hooks_total", "Calls of lifecycle hooks.",
               {{"hook", std::string(nameOf(hook))},
                {"result", succeeded  ? "ok"
                           : timedOut ? "timeout"
                                      : "failed"}})
      .add();
  co_return reply;
}

Task<> Fleet::freezeAfterHook(std::shared_ptr<Instance> instance) {
  const HookUnderWay hook(*this);  // until it is frozen, or its preStop hook has begun
  const auto reply = co_await runHook(instance, runtime::Hook::preFreeze);
  if (instance->state_ == Instance::State::dead) co_return;
  if (std::holds_alternative<runtime::Gone>(reply)) {
    co_return kill(instance, "its preFreeze hook did not come back");
  }
  Function& function = *instance->function_;
  if (instance->retired_ || !instance->worker().alive()) {
    retireInstance(instance, "its function was updated or its process ends");
    if (function.ready.lacks()) pump(function);
    co_return;
  }
  list(*instance);
  rest(instance);
  if (!function.waiters.empty()) {
    pump(function);
  } else if (instance->home_ == &idle_) {
    freeze(instance);
    armReclaimer();
  }
  if (!blocked_.empty()) blockedMayProceed();
}

/// Ends a retired instance that runs nothing, after its preStop hook.
void Fleet::end(const std::shared_ptr<Instance>& instance, std::string_view reason) {
  if (instance->state_ == Instance::State::dead) return;
  if (closed_ || !hasHook(*instance, runtime::Hook::preStop)) return kill(instance, reason);
  if (instance->state_ != Instance::State::busy) makeBusy(instance);
  spawn(stopAfterHook(instance, std::string(reason)), "stop an instance");
}

Task<> Fleet::stopAfterHook(std::shared_ptr<Instance> instance, std::string reason) {
  const HookUnderWay hook(*this);
  const std::uint64_t memory = instance->spec().adoption.memory;
  Account& account = *instance->function_->account;
  leaving_ += memory;
  account.leaving += memory;
  co_await runHook(instance, runtime::Hook::preStop);
  leaving_ -= memory;
  account.leaving -= memory;
  kill(instance, reason);
}

Task<> Fleet::stopAll(Duration limit) {
  retireHooked();
  if (hooks_ == 0) co_return;
  const auto over = std::make_shared<OneShot<bool>>();
  hooksOver_.push_back(over);
  const auto timer = loop_.after(limit, [over] { over->give(false); });
  if (co_await *over) {
    loop_.cancel(timer);
  } else {
    log::warn("preStop hooks take too long; their instances are killed", {{"count", hooks_}});
  }
}

void Fleet::retireHooked() {
  for (auto& [place, function] : functions_) {
    function->ready.wanted = 0;
    const auto all = function->instances;
    for (const auto& instance : all) {
      if (hasHook(*instance, runtime::Hook::preStop))
        retireInstance(instance, "the server is shutting down");
    }
  }
}

}  // namespace openfc::scheduler
