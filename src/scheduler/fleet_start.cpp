// How the fleet brings one instance up: a guest, its adoption, the user's code, the initializer.

#include "base/error.h"
#include "base/log.h"
#include "scheduler/failure_text.h"
#include "scheduler/fleet.h"
#include "scheduler/fleet_function.h"
#include "scheduler/policy.h"

#include <fmt/core.h>

#include <chrono>

namespace openfc::scheduler {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

bool succeeded(const runtime::Reply& reply) {
  return std::holds_alternative<runtime::Success>(reply);
}

}  // namespace

/// Resumes when the process waits for its configuration or has ended. Until then none of the user's
/// code runs, so that nobody can hold up others here; and the starts of a burst that would only
/// take the processors from each other, and from the invocations under way, wait for their turn.
Task<> Fleet::comeUp(std::shared_ptr<Guest> guest) {
  const auto timer = loop_.after(config_.loadTimeout, [guest] { guest->kill(); });
  co_await guest->worker().warmed();  // that it has ended is told by its first use
  loop_.cancel(timer);
}

/// A function that starts many instances while others are served waits until the pool has made
/// them, one at a time and with rests.
Haste Fleet::hasteOf(const Function& function) const {
  const bool many = function.starting > policy::promptStarts;
  return many && served_.anyoneBut(&function, loop_.steady()) ? Haste::inTurn : Haste::atOnce;
}

void Fleet::noteServed(const Function& function) {
  const SteadyTime now = loop_.steady();
  served_.note(&function, now);
  warm_.restUntil(now + Served::memory);
}

Task<WarmPool::Taken> Fleet::makeGuest(SpecPtr spec, Haste haste) {
  const auto slot = co_await (haste == Haste::inTurn ? inTurn_ : creating_).take(spec->key);
  auto taken = co_await warm_.take(spec->launch, spec->shape, haste);
  std::exception_ptr failure;
  try {
    co_await taken.guest->sandbox().adopt(spec->adoption);
    if (spec->launch.beforeAdoption) {
      co_await comeUp(taken.guest);
    } else {
      taken.guest->start(spec->launch);
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    taken.guest->kill();
    std::rethrow_exception(failure);
  }
  co_return taken;
}

Task<runtime::Reply> Fleet::timed(std::shared_ptr<Instance> instance, Task<runtime::Reply> step,
                                  Duration limit, bool* timedOut) {
  const auto timer = loop_.after(limit, [instance, timedOut] {
    *timedOut = true;
    instance->guest().kill();  // what is pending then ends with Gone
  });
  auto reply = co_await step;
  loop_.cancel(timer);
  co_return reply;
}

Task<std::optional<StartFailure>> Fleet::bringUp(std::shared_ptr<Instance> instance,
                                                 runtime::Call call,
                                                 std::shared_ptr<InvocationLog> log) {
  runtime::Configuration config = instance->spec().configuration;
  config.instanceId = instance->id();
  const std::chrono::seconds initializationTimeout = config.initializationTimeout;
  const bool initializes = !config.initializer.empty();
  if (call.credentials.accessKeyId.empty()) call.credentials = credentialsOrNone(instance->spec());
  const SteadyTime begun = loop_.steady();
  bool timedOut = false;
  instance->begin(log);
  auto reply = co_await timed(instance, instance->worker().load(std::move(config)),
                              config_.loadTimeout, &timedOut);
  std::string timedOutText = timedOutBody(
      "Loading the code", std::chrono::duration_cast<std::chrono::seconds>(config_.loadTimeout),
      instance->peakMemoryMb());
  if (succeeded(reply) && initializes) {
    instance->print(*log, "FC Initialize Start RequestId: " + log->requestId());
    const SteadyTime initBegun = loop_.steady();
    reply = co_await timed(instance, instance->worker().initialize(std::move(call)),
                           initializationTimeout, &timedOut);
    metrics_
        .histogram("fc_init_duration_seconds", "Run time of initializers.",
                   observe::secondsBounds())
        .observe(seconds(loop_.steady() - initBegun));
    instance->start_.initializer = {initBegun, loop_.steady()};
    instance->guest().drainOutput();
    instance->print(*log, "FC Initialize End RequestId: " + log->requestId() +
                              (succeeded(reply) ? "" : ", Error: Unhandled function error"));
    timedOutText =
        timedOutBody("Function initialization", initializationTimeout, instance->peakMemoryMb());
  }
  instance->end(log);
  if (succeeded(reply)) co_return std::nullopt;
  StartFailure failure{.instanceId = instance->id(), .memoryMb = instance->peakMemoryMb()};
  if (auto* told = std::get_if<runtime::Failure>(&reply)) {
    failure.failure = std::move(*told);
    failure.failure.handled = false;
  } else {
    failure.failure.body =
        timedOut ? timedOutText : processExitedBody(loop_.steady() - begun, failure.memoryMb);
  }
  co_return failure;
}

Task<> Fleet::start(Function& function, SpecPtr spec, std::shared_ptr<Waiter> trigger) {
  const SteadyTime begun = loop_.steady();
  std::shared_ptr<Instance> instance;
  std::string reason;
  bool hit = false;
  std::optional<StartFailure> failure;
  try {
    auto taken = co_await makeGuest(spec, hasteOf(function));
    hit = taken.hit;
    instance = std::make_shared<Instance>(spec, std::move(taken.guest), logs_);
    failure = co_await bringUp(instance, trigger->call, trigger->log);
  } catch (const sandbox::Refused& refused) {
    failure = StartFailure{.failure = {.body = notStartedBody(refused.what())}};
  } catch (const std::exception& error) {
    reason = error.what();
  }
  if (instance) {
    instance->start_.begin = begun;
    instance->start_.end = loop_.steady();
    trigger->start = instance->startTimes();
  }
  --function.starting;
  if (trigger->ofNobody) --function.ready.starting;
  memory_.remove(spec->adoption.memory);
  const std::string_view result = !reason.empty() || failure ? "failed" : hit ? "hit" : "miss";
  metrics_
      .counter("fc_cold_starts_total", "Instances started, by how.",
               {{"result", std::string(result)}})
      .add();
  if (result != "failed") {
    metrics_
        .histogram("fc_cold_start_seconds", "From the need of an instance to its readiness.",
                   observe::secondsBounds(),
                   {{"runtime", spec->configuration.runtime}, {"pool", std::string(result)}})
        .observe(seconds(loop_.steady() - begun));
  }
  if (!reason.empty()) {
    log::error("an instance could not be started", {{"function", spec->key}, {"reason", reason}});
    notStarted(function, *trigger, "the instance could not be made");
    std::erase(function.waiters, trigger);
    trigger->answer.give(errorOf(Code::internalServerError));
    co_return pump(function);
  }
  if (!instance && failure) {
    notStarted(function, *trigger, failure->failure.body);
    answer(function, trigger, std::move(*failure));
    co_return pump(function);
  }
  settle(function, instance, trigger, std::move(failure));
}

void Fleet::notStarted(Function& function, const Waiter& trigger, std::string reason) {
  if (trigger.ofNobody) {
    pauseAfterFailure(function, std::move(reason));
  } else {
    --function.onDemand->instances;
  }
}

void Fleet::settle(Function& function, const std::shared_ptr<Instance>& instance,
                   const std::shared_ptr<Waiter>& trigger, std::optional<StartFailure> failure) {
  const bool outdated = function.retired || instance->spec().revision < function.spec->revision;
  const bool surplus = trigger->ofNobody && function.ready.kept >= function.ready.wanted;
  if (failure || closed_ || outdated || surplus || instance->guest().exit()) {
    instance->state_ = Instance::State::dead;
    instance->guest().kill();
    if (!trigger->ofNobody) {
      --function.onDemand->instances;
    } else if (!closed_ && !outdated && !surplus) {
      pauseAfterFailure(function, failure ? failure->failure.body : endedSoon());
    }
    if (failure) answer(function, trigger, std::move(*failure));
    trigger->triggering = false;  // an outdated or dead one is replaced for it
    return pump(function);
  }
  trigger->cold = true;
  instance->provisioned_ = trigger->ofNobody;
  enter(function, instance);
  pump(function);
}

void Fleet::answer(Function& function, const std::shared_ptr<Waiter>& waiter,
                   StartFailure failure) {
  std::erase(function.waiters, waiter);
  waiter->answer.give(std::move(failure));
}

}  // namespace openfc::scheduler
