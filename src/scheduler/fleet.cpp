#include "scheduler/fleet.h"

#include "base/error.h"
#include "base/log.h"
#include "scheduler/fleet_function.h"
#include "scheduler/policy.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::scheduler {

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
      config_(config),
      memory_(config.memory),
      creating_(config.maxCreating) {
  const auto count = [this](const char* state, const std::list<std::shared_ptr<Instance>>& list) {
    metrics_.gauge("fc_instances", "Instances by state.", {{"state", state}},
                   [&list] { return static_cast<double>(list.size()); });
  };
  count("busy", busy_);
  count("idle", idle_);
  count("frozen", frozen_);
  metrics_.gauge("fc_concurrent_requests", "Invocations running or waiting for an instance.", {},
                 [this] { return static_cast<double>(inFlight_); });
  metrics_.gauge("fc_memory_reserved_bytes", "Memory that instances count on.", {},
                 [this] { return static_cast<double>(memory_.used()); });
}

Fleet::~Fleet() = default;

Fleet::Function& Fleet::functionOf(const SpecPtr& spec) {
  auto& place = functions_[spec->key];
  if (!place) place = std::make_unique<Function>();
  if (!place->spec || place->retired || place->spec->revision < spec->revision) {
    replaceSpec(*place, spec);
  }
  return *place;
}

void Fleet::replaceSpec(Function& function, const SpecPtr& spec) {
  function.spec = spec;
  function.retired = false;
  const auto old = function.instances;
  for (const auto& instance : old) {
    instance->retired_ = true;
    unlist(*instance);
    if (instance->inFlight_ == 0) kill(instance, "its function was updated");
  }
}

Task<Acquired> Fleet::acquire(
    SpecPtr spec, runtime::Call call,
    std::shared_ptr<InvocationLog>
        log,  // NOLINT(cppcoreguidelines-avoid-reference-coroutine-parameters)
    Cancellation& cancellation) {
  if (closed_) throw Error(Code::resourceThrottled, "the server is shutting down");
  if (inFlight_ >= config_.maxConcurrency) {
    throw Error(Code::resourceExhausted,
                fmt::format("the number of concurrent invocations exceeds the limit ({})",
                            config_.maxConcurrency));
  }
  ++inFlight_;  // taken over by the lease, or given back below
  Function& function = functionOf(spec);
  if (auto lease = takeAvailable(function)) co_return Acquired{std::move(*lease), false, {}};
  auto waiter = std::make_shared<Waiter>();
  waiter->call = std::move(call);
  waiter->log = std::move(log);
  function.waiters.push_back(waiter);
  pump(function);
  co_return co_await wait(function, waiter, cancellation);
}

Task<Acquired> Fleet::wait(
    Function& function,
    std::shared_ptr<Waiter>
        waiter,  // NOLINT(cppcoreguidelines-avoid-reference-coroutine-parameters)
    Cancellation& cancellation) {
  cancellation.onCancel([&function, waiter] {
    std::erase(function.waiters, waiter);
    waiter->answer.give(std::monostate{});
  });
  auto answer = co_await waiter->answer;
  cancellation.onCancel(nullptr);
  if (auto* lease = std::get_if<Lease>(&answer)) {
    co_return Acquired{std::move(*lease), waiter->cold, waiter->start};
  }
  --inFlight_;
  if (auto* error = std::get_if<Error>(&answer)) throw *error;
  if (auto* failure = std::get_if<StartFailure>(&answer)) {
    co_return Acquired{std::move(*failure), true, waiter->start};
  }
  co_return Acquired{};
}

std::optional<Lease> Fleet::takeAvailable(Function& function) {
  while (!function.available.empty()) {
    Instance& instance = *function.available.back();
    if (instance.state_ == Instance::State::frozen) {
      // Awake it counts with its whole memorySize again.
      const std::uint64_t wanted = instance.spec().adoption.memory;
      const auto self = *instance.place_;
      busy_.splice(busy_.end(), frozen_, instance.place_);  // so that it is not evicted for itself
      const std::uint64_t more = wanted > instance.reserved_ ? wanted - instance.reserved_ : 0;
      if (!makeRoom(more)) {
        frozen_.splice(frozen_.end(), busy_, instance.place_);
        return std::nullopt;
      }
      setReserved(instance, wanted);
      instance.guest().sandbox().thaw();
    } else if (instance.state_ == Instance::State::idle) {
      busy_.splice(busy_.end(), idle_, instance.place_);
    }
    instance.state_ = Instance::State::busy;
    if (++instance.inFlight_ >= instance.spec().configuration.instanceConcurrency) unlist(instance);
    return Lease(*this, *instance.place_);
  }
  return std::nullopt;
}

void Fleet::pump(Function& function) {
  while (!function.waiters.empty()) {
    auto lease = takeAvailable(function);
    if (!lease) break;
    auto waiter = std::move(function.waiters.front());
    function.waiters.pop_front();
    waiter->answer.give(std::move(*lease));
  }
  if (function.waiters.empty()) return;
  const auto concurrency =
      static_cast<std::size_t>(function.spec->configuration.instanceConcurrency);
  std::size_t toStart =
      policy::instancesToStart(function.waiters.size(), function.starting, concurrency);
  while (toStart-- > 0 && startOne(function)) {
  }
}

bool Fleet::startOne(Function& function) {
  const auto waiter =
      std::ranges::find_if(function.waiters, [](const auto& w) { return !w->triggering; });
  if (waiter == function.waiters.end()) return false;
  if (!makeRoom(function.spec->adoption.memory)) {
    block(function);
    return false;
  }
  memory_.add(function.spec->adoption.memory);
  (*waiter)->triggering = true;
  ++function.starting;
  spawn(start(function, function.spec, *waiter), "start an instance");
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
  loop_.after(config_.admissionWait, [this, &function, waiter] {
    waiter->timed = false;
    if (waiter->answer.given()) return;
    if (function.starting > 0) return armAdmission(function, waiter);
    std::erase(function.waiters, waiter);
    waiter->answer.give(Error(Code::resourceThrottled,
                              fmt::format("this node has no memory left for an instance of {} MB",
                                          function.spec->configuration.memorySize)));
  });
}

void Fleet::blockedMayProceed() {
  auto turn = std::exchange(blocked_, {});
  for (Function* function : turn) {
    function->blocked = false;
    pump(*function);
  }
}

bool Fleet::makeRoom(std::uint64_t bytes) {
  while (!memory_.fits(bytes)) {
    auto& victims = frozen_.empty() ? idle_ : frozen_;
    if (victims.empty()) return false;
    kill(std::shared_ptr<Instance>(victims.front()), "its memory is needed for another function");
  }
  return true;
}

void Fleet::retire(const std::string& key) {
  const auto found = functions_.find(key);
  if (found == functions_.end() || !found->second->spec) return;
  Function& function = *found->second;
  replaceSpec(function, function.spec);
  function.retired = true;
  for (auto& waiter : std::exchange(function.waiters, {})) {
    const auto& config = function.spec->configuration;
    waiter->answer.give(errorOf(Code::functionNotFound, {config.functionName, config.serviceName}));
  }
}

void Fleet::close() {
  closed_ = true;
  for (auto& [key, function] : functions_) {
    const auto all = function->instances;
    for (const auto& instance : all) kill(instance, "the server is shutting down");
  }
}

std::vector<Fleet::Listed> Fleet::instances(const std::string& key) const {
  std::vector<Listed> listed;
  const auto found = functions_.find(key);
  if (found == functions_.end()) return listed;
  for (const auto& instance : found->second->instances) {
    listed.push_back({instance->id(), instance->spec().configuration.versionId});
  }
  return listed;
}

}  // namespace openfc::scheduler
