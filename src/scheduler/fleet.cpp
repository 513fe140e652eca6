#include "scheduler/fleet.h"

#include "base/error.h"
#include "base/log.h"
#include "scheduler/fleet_function.h"
#include "scheduler/policy.h"

#include <fmt/core.h>

#include <algorithm>
#include <ranges>

namespace openfc::scheduler {
namespace {

constexpr std::string_view shuttingDown = "the server is shutting down";
constexpr char aliasMark = '@';  // in no name

/// The alias that an invocation came through; "" = none.
std::string aliasIn(const runtime::Call& call, const FunctionSpec& spec) {
  const std::string& qualifier = call.qualifier;
  const bool none =
      qualifier.empty() || qualifier == "LATEST" || qualifier == spec.configuration.versionId;
  return none ? std::string() : qualifier;
}

std::string limitName(const runtime::Configuration& config, const std::string& alias) {
  return fmt::format("{}/{}/{}/{}", config.accountId, config.serviceName,
                     alias.empty() ? config.versionId : alias, config.functionName);
}

/// What callers hear of a function that was deleted while they waited, or whose version was.
Error goneError(const runtime::Configuration& gone) {
  return gone.versionId == "LATEST"
             ? errorOf(Code::functionNotFound, {gone.functionName, gone.serviceName})
             : errorOf(Code::versionNotFound, {gone.versionId, gone.serviceName});
}

}  // namespace

Lease::~Lease() {
  if (instance_) fleet_->giveBack(instance_);
}

void Lease::discard(std::string_view reason) { fleet_->kill(instance_, reason); }

Fleet::Fleet(net::EventLoop& loop, WarmPool& warm, observe::SegmentLogs& logs,
             observe::Metrics& metrics, FleetConfig config)
    : loop_(loop),
      warm_(warm),
      logs_(logs),
      metrics_(metrics),
      config_(std::move(config)),
      report_(loop),
      memory_({.capacity = config_.memory,
               .perAccount = config_.accountMemory,
               .accounts = config_.accounts,
               .shared = config_.accountShare}),
      creating_(config_.maxCreating) {
  const auto tell = [this](const char* state, std::function<std::size_t()> count) {
    metrics_.gauge("fc_instances", "Instances by state.", {{"state", state}},
                   [count = std::move(count)] { return static_cast<double>(count()); });
  };
  const auto awake = [this] {
    const auto found = std::ranges::count_if(frozen_, [](const auto& one) { return one->awake_; });
    return static_cast<std::size_t>(found);
  };
  tell("busy", [this] { return busy_.size(); });
  tell("idle", [this, awake] { return idle_.size() + awake(); });
  tell("frozen", [this, awake] { return frozen_.size() - awake(); });
  tell("standby", [this] { return standby_.size(); });
  metrics_.gauge("fc_concurrent_requests", "Invocations running or waiting for an instance.", {},
                 [this] { return static_cast<double>(inFlight_); });
  metrics_.gauge("fc_functions_known", "Functions that have instances, or are to have some.", {},
                 [this] { return static_cast<double>(functions_.size()); });
  metrics_.gauge("fc_memory_reserved_bytes", "Memory that instances count on.", {},
                 [this] { return static_cast<double>(memory_.used()); });
}

/// Instances and their functions hold each other.
Fleet::~Fleet() {
  for (const auto& [place, function] : functions_) function->instances.clear();
}

std::string Fleet::placeOf(const std::string& key, const std::string& alias) {
  return alias.empty() ? key : key + aliasMark + alias;
}

Fleet::Function& Fleet::functionOf(const SpecPtr& spec, const std::string& alias) {
  const auto [place, isNew] = functions_.try_emplace(placeOf(spec->key, alias));
  auto& function = place->second;
  if (isNew) {
    function = std::make_shared<Function>();
    function->place = place->first;
    function->account = &accountOf(spec->configuration.accountId);
    function->onDemand = onDemandOf(limitName(spec->configuration, alias));
    ++function->onDemand->functions;
  }
  if (!function->spec || function->retired || function->spec->revision < spec->revision) {
    replaceSpec(*function, spec);
  }
  return *function;
}

Fleet::Account& Fleet::accountOf(const std::string& id) {
  Account& account = accounts_[id];
  account.id = id;
  return account;
}

/// Once the loop has ended what it is at: callers go on with their reference, or through the map.
void Fleet::forgetSoon(Function& function) {
  if (closed_ || !function.forgettable()) return;
  loop_.post([this, held = function.shared_from_this()] {
    if (!closed_ && held->forgettable()) forget(*held);
  });
}

void Fleet::forget(Function& function) {
  if (!function.onDemand) return;  // it is forgotten already
  functions_.erase(function.place);
  const auto limit = std::exchange(function.onDemand, nullptr);
  --limit->functions;
  forgetLimit(*limit);
}

/// Forgets a number of instances that nobody counts or bounds.
void Fleet::forgetLimit(const OnDemand& onDemand) {
  if (!onDemand.most && onDemand.functions == 0) onDemand_.erase(onDemand.name);
}

const Fleet::Function* Fleet::findFunction(const std::string& key, const std::string& alias) const {
  const auto found = functions_.find(placeOf(key, alias));
  return found == functions_.end() ? nullptr : found->second.get();
}

void Fleet::replaceSpec(Function& function, const SpecPtr& spec) {
  function.spec = spec;
  function.retired = false;
  function.ready.failures = 0;
  if (const auto pause = std::exchange(function.ready.pause, std::nullopt)) loop_.cancel(*pause);
  callOffStarts(function);
  const auto old = function.instances;
  for (const auto& instance : old) retireInstance(instance, "its function was updated");
}

Task<Acquired> Fleet::acquire(SpecPtr spec, runtime::Call call, std::shared_ptr<InvocationLog> log,
                              Cancellation& cancellation) {
  if (cancellation.cancelled()) co_return Acquired{};
  if (closed_) throw Error(Code::resourceThrottled, std::string(shuttingDown));
  Function& function = functionOf(spec, aliasIn(call, *spec));
  admit(function);  // taken over by the lease, or given back below
  if (auto lease = takeAvailable(function)) {
    noteServed(function);
    co_return Acquired{std::move(*lease), false, {}};
  }
  auto waiter = std::make_shared<Waiter>();
  waiter->call = std::move(call);
  waiter->log = std::move(log);
  function.waiters.push_back(waiter);
  pump(function);
  co_return co_await wait(function, waiter, cancellation);
}

/// Counts an invocation, or throws.
void Fleet::admit(Function& function) {
  Account& account = *function.account;
  if (account.inFlight >= config_.maxConcurrency) {
    forgetSoon(function);
    throw Error(Code::resourceExhausted,
                fmt::format("the number of concurrent invocations of account {} exceeds the limit "
                            "({}, maxConcurrency)",
                            account.id, config_.maxConcurrency));
  }
  ++inFlight_;
  ++account.inFlight;
}

Task<Acquired> Fleet::wait(Function& function, std::shared_ptr<Waiter> waiter,
                           Cancellation& cancellation) {
  Account& account = *function.account;
  cancellation.onCancel([this, held = function.shared_from_this(), waiter] {
    std::erase(held->waiters, waiter);
    waiter->answer.give(std::monostate{});
    callOffSurplus(*held);
    forgetSoon(*held);
  });
  auto answer = co_await waiter->answer;
  cancellation.onCancel(nullptr);
  if (auto* lease = std::get_if<Lease>(&answer)) {
    co_return Acquired{std::move(*lease), waiter->cold, waiter->start};
  }
  --inFlight_;
  --account.inFlight;
  if (auto* error = std::get_if<Error>(&answer)) throw *error;
  if (auto* failure = std::get_if<StartFailure>(&answer)) {
    co_return Acquired{std::move(*failure), true, waiter->start};
  }
  co_return Acquired{};
}

std::optional<Lease> Fleet::takeAvailable(Function& function) {
  if (!function.ready.available.empty()) return lend(*function.ready.available.back());
  if (!function.available.empty()) return lend(*function.available.back());
  return std::nullopt;
}

/// Thaws it and leaves it in the list of the busy ones. False: there is no memory for it.
bool Fleet::wake(Instance& instance) {
  // Awake it counts with its whole memorySize again.
  const std::uint64_t wanted = instance.spec().adoption.memory;
  const auto self = *instance.place_;
  Instances& before = *instance.home_;
  moveTo(instance, busy_);  // so that it is not evicted for itself
  const std::uint64_t more = wanted > instance.reserved_ ? wanted - instance.reserved_ : 0;
  if (!makeRoom(*instance.function_->account, more)) {
    moveTo(instance, before);
    return false;
  }
  setReserved(instance, wanted);
  instance.guest().sandbox().thaw();
  return true;
}

std::optional<Lease> Fleet::lend(Instance& instance) {
  if (instance.state_ == Instance::State::frozen) {
    if (!wake(instance)) return std::nullopt;
  } else if (instance.state_ == Instance::State::idle) {
    moveTo(instance, busy_);
  }
  instance.state_ = Instance::State::busy;
  if (instance.provisioned_) {
    measure(*instance.function_);
    ++instance.function_->ready.running;
  }
  if (++instance.inFlight_ >= instance.spec().configuration.instanceConcurrency) unlist(instance);
  return Lease(*this, *instance.place_);
}

void Fleet::pump(Function& function) {
  while (!function.waiters.empty()) {
    auto lease = takeAvailable(function);
    if (!lease) break;
    auto waiter = std::move(function.waiters.front());
    function.waiters.pop_front();
    waiter->answer.give(std::move(*lease));
  }
  if (!function.waiters.empty()) startForWaiters(function);
  if (function.ready.lacks()) keepReady(function);
  callOffSurplus(function);
  forgetSoon(function);
}

void Fleet::startForWaiters(Function& function) {
  if (closed_) return refuseAll(function);
  const auto concurrency =
      static_cast<std::size_t>(function.spec->configuration.instanceConcurrency);
  std::size_t toStart =
      policy::instancesToStart(function.waiters.size(), function.starting, concurrency);
  const OnDemand& onDemand = *function.onDemand;
  const auto mayStart = [&] { return !onDemand.most || onDemand.instances < *onDemand.most; };
  while (toStart > 0 && mayStart() && startOne(function)) --toStart;
  if (toStart > 0 && !mayStart()) refuseExcess(function);
}

void Fleet::refuseAll(Function& function) {
  for (const auto& waiter : std::exchange(function.waiters, {})) {
    waiter->answer.give(Error(Code::resourceThrottled, std::string(shuttingDown)));
  }
}

void Fleet::refuseExcess(Function& function) {
  const auto concurrency =
      static_cast<std::size_t>(function.spec->configuration.instanceConcurrency);
  while (function.waiters.size() > function.starting * concurrency) {
    const auto last = std::ranges::find_if(std::views::reverse(function.waiters),
                                           [](const auto& w) { return !w->triggering; });
    if (last == function.waiters.rend()) return;
    const auto waiter = std::move(*last);
    function.waiters.erase(std::next(last).base());
    waiter->answer.give(
        Error(Code::resourceExhausted,
              fmt::format("the number of on-demand instances exceeds the limit ({})",
                          function.onDemand->most.value_or(0))));
  }
}

bool Fleet::startOne(Function& function) {
  const auto waiter =
      std::ranges::find_if(function.waiters, [](const auto& w) { return !w->triggering; });
  if (waiter == function.waiters.end()) return false;
  if (!makeRoom(*function.account, function.spec->adoption.memory)) {
    block(function);
    return false;
  }
  beginStart(function, *waiter);
  return true;
}

void Fleet::block(Function& function) {
  if (!function.blocked) {
    function.blocked = true;
    blocked_.push_back(&function);
  }
  for (const auto& waiter : function.waiters) armAdmission(function, waiter);
}

void Fleet::armAdmission(Function& function, const std::shared_ptr<Waiter>& waiter) {
  if (waiter->timed) return;
  waiter->timed = true;
  loop_.after(config_.admissionWait, [this, held = function.shared_from_this(), waiter] {
    waiter->timed = false;
    if (waiter->answer.given()) return;
    if (held->starting > 0) return armAdmission(*held, waiter);
    std::erase(held->waiters, waiter);
    waiter->answer.give(Error(Code::resourceThrottled, lackOf(*held)));
    forgetSoon(*held);
  });
}

void Fleet::blockedMayProceed() {
  auto turn = std::exchange(blocked_, {});
  // Of several accounts the one that has least goes first; functions of one keep their order.
  turn.sort([this](const Function* a, const Function* b) {
    return memory_.used(a->account->id) < memory_.used(b->account->id);
  });
  for (Function* function : turn) {
    function->blocked = false;
    pump(*function);
  }
}

void Fleet::retire(const std::string& key) {
  for (auto place = functions_.lower_bound(key);
       place != functions_.end() && place->first.starts_with(key); ++place) {
    const bool same = place->first.size() == key.size() || place->first[key.size()] == aliasMark;
    if (same) retireFunction(*place->second);
  }
}

void Fleet::retireFunction(Function& function) {
  function.ready.wanted = 0;
  replaceSpec(function, function.spec);
  function.retired = true;
  for (auto& waiter : std::exchange(function.waiters, {})) {
    waiter->answer.give(goneError(function.spec->configuration));
  }
  forgetSoon(function);
}

void Fleet::close() {
  closed_ = true;
  for (auto& [key, function] : functions_) {
    const auto all = function->instances;
    for (const auto& instance : all) kill(instance, shuttingDown);
    refuseAll(*function);
    callOffStarts(*function);
  }
}

std::vector<Fleet::Listed> Fleet::instances(const std::string& key,
                                            const std::string& alias) const {
  std::vector<Listed> listed;
  const Function* function = findFunction(key, alias);
  if (function == nullptr) return listed;
  for (const auto& instance : function->instances) {
    listed.push_back({instance->id(), instance->spec().configuration.versionId});
  }
  return listed;
}

}  // namespace openfc::scheduler
