// How the fleet brings one instance up: a guest, its adoption, the user's code, the initializer.

#include "base/error.h"
#include "base/scoped_timer.h"
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

/// The configuration of one instance: its id, and where in its sandbox things are.
runtime::Configuration configurationIn(const sandbox::Sandbox& sandbox,
                                       runtime::Configuration config) {
  config.instanceId = sandbox.id();
  config.caPort = sandbox.port(config.caPort);
  for (std::string* path :
       {&config.codePath, &config.layersPath, &config.temporaryPath, &config.compiledPath})
    *path = sandbox.seen(*path);
  for (auto& [name, value] : config.environment) value = sandbox.seen(value);
  return config;
}

/// What loading prints, and why it failed, belongs to what caused it.
void printStart(Instance& instance, InvocationLog& log, bool ofNobody) {
  if (!instance.spec().configuration.initializer.empty()) {
    instance.print(log, "FC Initialize Start RequestId: " + log.requestId());
  } else if (!ofNobody) {
    instance.printStart(log);
  }
}

/// The other line of the frame; an invocation that is to run in the instance ends later.
void printEnd(Instance& instance, const FleetWaiter& trigger, bool failed) {
  const bool initializes = !instance.spec().configuration.initializer.empty();
  const bool ends = failed && !trigger.ofNobody && !trigger.answer.given();
  if (!initializes && !ends) return;
  const std::string what = initializes ? "Initialize" : "Invoke";
  instance.print(*trigger.log,
                 fmt::format("FC {} End RequestId: {}{}", what, trigger.log->requestId(),
                             failed ? ", Error: Unhandled function error" : ""));
}

}  // namespace

/// Resumes when the process waits for its configuration or has ended. Until then none of the user's
/// code runs, so that nobody can hold up others here; and the starts of a burst that would only
/// take the processors from each other, and from the invocations under way, wait for their turn.
Task<> Fleet::comeUp(std::shared_ptr<Guest> guest) {
  const ScopedTimer timer(loop_, config_.loadTimeout, [guest] { guest->kill(); });
  co_await guest->worker().warmed();  // that it has ended is told by its first use
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

/// No guest: the start was called off.
Task<WarmPool::Taken> Fleet::makeGuest(std::shared_ptr<Start> start, Haste haste) {
  const SpecPtr spec = start->spec;
  Slots& slots = haste == Haste::inTurn ? inTurn_ : creating_;
  const auto slot =
      co_await slots.take(spec->configuration.accountId, spec->key, start->cancellation);
  if (!slot) co_return WarmPool::Taken{};
  start->queued = false;
  auto taken = co_await warm_.take(spec->launch, spec->shape, haste);
  if (start->cancellation.cancelled()) {
    warm_.giveBack(spec->launch, spec->shape, std::move(taken.guest));
    co_return WarmPool::Taken{};
  }
  start->guest = taken.guest;
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
  const ScopedTimer timer(loop_, limit, [instance, timedOut] {
    *timedOut = true;
    instance->guest().kill();  // what is pending then ends with Gone
  });
  co_return co_await step;
}

Task<std::optional<StartFailure>> Fleet::bringUp(std::shared_ptr<Instance> instance,
                                                 std::shared_ptr<Waiter> trigger) {
  const std::shared_ptr<InvocationLog> log = trigger->log;
  runtime::Call call = trigger->call;
  runtime::Configuration config =
      configurationIn(instance->guest().sandbox(), instance->spec().configuration);
  const std::chrono::seconds initializationTimeout = config.initializationTimeout;
  const bool initializes = !config.initializer.empty();
  if (call.credentials.accessKeyId.empty()) call.credentials = credentialsOrNone(instance->spec());
  const SteadyTime begun = loop_.steady();
  bool timedOut = false;
  instance->begin(log);
  printStart(*instance, *log, trigger->ofNobody);
  auto load = instance->worker().load(std::move(config));
  auto reply = instance->worker().limitsLoad()
                   ? co_await load
                   : co_await timed(instance, std::move(load), config_.loadTimeout, &timedOut);
  std::string timedOutText = timedOutBody(
      "Loading the code", std::chrono::duration_cast<std::chrono::seconds>(config_.loadTimeout),
      instance->peakMemoryMb());
  if (succeeded(reply) && initializes) {
    const SteadyTime initBegun = loop_.steady();
    reply = co_await timed(instance, instance->worker().initialize(std::move(call)),
                           initializationTimeout, &timedOut);
    metrics_
        .histogram("fc_init_duration_seconds", "Run time of initializers.",
                   observe::secondsBounds())
        .observe(seconds(loop_.steady() - initBegun));
    instance->start_.initializer = {initBegun, loop_.steady()};
    timedOutText =
        timedOutBody("Function initialization", initializationTimeout, instance->peakMemoryMb());
  }
  instance->end(log);
  printEnd(*instance, *trigger, !succeeded(reply));
  if (succeeded(reply)) co_return std::nullopt;
  StartFailure failure{.instanceId = instance->id(), .memoryMb = instance->peakMemoryMb()};
  if (auto* told = std::get_if<runtime::Failure>(&reply)) {
    failure.failure = std::move(*told);
    failure.failure.handled = false;
  } else {
    const Duration duration = loop_.steady() - begun;
    failure.failure.body =
        timedOut ? timedOutText
                 : co_await Instance::exitedBody(instance, duration, failure.memoryMb);
  }
  co_return failure;
}

void Fleet::beginStart(Function& function, std::shared_ptr<Waiter> trigger) {
  memory_.add(function.account->id, function.spec->adoption.memory);
  trigger->triggering = true;
  ++function.starting;
  ++(trigger->ofNobody ? function.ready.starting : function.onDemand->instances);
  auto begun = std::make_shared<Start>();
  begun->spec = function.spec;
  begun->trigger = std::move(trigger);
  function.starts.push_back(begun);
  spawn(start(function, std::move(begun)), "start an instance");
}

void Fleet::uncount(Function& function, const Waiter& trigger) {
  --function.starting;
  if (trigger.ofNobody) --function.ready.starting;
}

/// Nobody counts on it any more: it ends at once where it waits for its turn, else as soon as it
/// can. A guest that was not adopted yet goes to the pool.
void Fleet::callOff(Function& function, const std::shared_ptr<Start>& start) {
  if (start->cancellation.cancelled()) return;
  Waiter& trigger = *start->trigger;
  uncount(function, trigger);
  if (!trigger.ofNobody) --function.onDemand->instances;
  trigger.triggering = false;  // if it still waits, another is started for it where need be
  start->cancellation.cancel();
  if (start->guest) start->guest->kill();
}

void Fleet::callOffStarts(Function& function) {
  const auto all = function.starts;
  for (const auto& start : all) callOff(function, start);
}

/// Those that wait for their turn while enough others are on their way.
void Fleet::callOffSurplus(Function& function) {
  const auto concurrency =
      static_cast<std::size_t>(function.spec->configuration.instanceConcurrency);
  const auto surplus = [&](const std::shared_ptr<Start>& start) {
    if (!start->queued || start->cancellation.cancelled()) return false;
    if (start->trigger->ofNobody) return function.ready.exceeds();
    return function.starting > policy::instancesNeeded(function.waiters.size(), concurrency);
  };
  const auto inVain = [&](const std::shared_ptr<Start>& start) {
    return start->trigger->answer.given() && surplus(start);
  };
  while (true) {
    auto found = std::ranges::find_if(function.starts, inVain);
    if (found == function.starts.end()) found = std::ranges::find_if(function.starts, surplus);
    if (found == function.starts.end()) return;
    callOff(function, std::shared_ptr(*found));  // which leaves the list
  }
}

/// What a start came to.
struct Fleet::Started {
  SteadyTime begun;
  std::shared_ptr<Instance> instance;
  bool hit = false;
  std::optional<StartFailure> failure;  // of the function itself
  std::string reason;                   // else, why there is no instance

  bool failed() const { return failure || !reason.empty(); }
};

Task<> Fleet::start(Function& function, std::shared_ptr<Start> start) {
  Started started{.begun = loop_.steady()};
  try {
    auto taken = co_await makeGuest(start, hasteOf(function));
    if (taken.guest) {
      const std::shared_ptr<Waiter> trigger = start->trigger;
      started.hit = taken.hit;
      started.instance = std::make_shared<Instance>(start->spec, std::move(taken.guest), logs_);
      started.failure = co_await bringUp(started.instance, trigger);
    }
  } catch (const sandbox::Refused& refused) {
    started.failure = StartFailure{.failure = {.body = notStartedBody(refused.what())}};
  } catch (const std::exception& error) {
    started.reason = error.what();
  }
  conclude(function, start, std::move(started));
}

void Fleet::conclude(Function& function, const std::shared_ptr<Start>& start, Started started) {
  const std::shared_ptr<Waiter> trigger = start->trigger;
  const std::shared_ptr<Instance> instance = started.instance;
  function.starts.remove(start);
  memory_.remove(function.account->id, start->spec->adoption.memory);
  if (start->cancellation.cancelled()) {
    if (instance) discard(*instance);
    if (!closed_ && !blocked_.empty()) loop_.post([this] { blockedMayProceed(); });
    return forgetSoon(function);
  }
  uncount(function, *trigger);
  if (instance) {
    instance->start_.begin = started.begun;
    instance->start_.end = loop_.steady();
    trigger->start = instance->startTimes();
  }
  tell(*start->spec, started);
  const bool surplus = trigger->ofNobody && function.ready.kept >= function.ready.wanted;
  if (started.failed() || surplus || instance->guest().exit()) {
    if (instance) discard(*instance);
    return notStarted(function, trigger, std::move(started));
  }
  trigger->cold = true;
  instance->provisioned_ = trigger->ofNobody;
  enter(function, instance);
  pump(function);
}

void Fleet::discard(Instance& instance) {
  instance.state_ = Instance::State::dead;
  instance.guest().kill();
}

/// The metrics, and the server's log.
void Fleet::tell(const FunctionSpec& spec, const Started& started) {
  const std::string result = started.failed() ? "failed" : started.hit ? "hit" : "miss";
  metrics_.counter("fc_cold_starts_total", "Instances started, by how.", {{"result", result}})
      .add();
  if (!started.reason.empty()) report_.notMade(spec, started.reason);
  if (started.failure) report_.notStarted(spec, started.failure->failure.body);
  if (started.failed()) return;
  const Duration duration = loop_.steady() - started.begun;
  report_.coldStart(spec, started.instance->id(), started.hit, duration);
  metrics_
      .histogram("fc_cold_start_seconds", "From the need of an instance to its readiness.",
                 observe::secondsBounds(),
                 {{"runtime", spec.configuration.runtime}, {"pool", result}})
      .observe(seconds(duration));
}

void Fleet::notStarted(Function& function, const std::shared_ptr<Waiter>& trigger,
                       Started started) {
  const bool broken = !started.reason.empty();
  if (!trigger->ofNobody) {
    --function.onDemand->instances;
  } else if (function.ready.kept < function.ready.wanted) {
    pauseAfterFailure(function, broken            ? "the instance could not be made"
                                : started.failure ? started.failure->failure.body
                                                  : endedSoon());
  }
  trigger->triggering = false;  // one that has ended already is replaced for it
  if (started.failed()) {
    std::erase(function.waiters, trigger);
    if (broken) {
      trigger->answer.give(errorOf(Code::internalServerError));
    } else {
      trigger->answer.give(std::move(*started.failure));
    }
  }
  pump(function);
}

}  // namespace openfc::scheduler
