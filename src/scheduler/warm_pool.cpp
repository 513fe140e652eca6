#include "scheduler/warm_pool.h"

#include "base/log.h"
#include "scheduler/policy.h"

namespace openfc::scheduler {

WarmPool::WarmPool(net::EventLoop& loop, sandbox::Factory& factory, WarmPoolConfig config,
                   std::vector<WarmKind> always, observe::Metrics& metrics)
    : loop_(loop), factory_(factory), config_(config), metrics_(metrics) {
  for (WarmKind& kind : always) {
    const std::string key = keyOf(kind.launch, kind.shape);
    kinds_[key] = {.what = std::move(kind), .always = true};
  }
  metrics_.gauge("fc_instances", "Instances by state.", {{"state", "warm"}},
                 [this] { return static_cast<double>(idle()); });
}

WarmPool::~WarmPool() { close(); }

std::string WarmPool::keyOf(const Launch& launch, sandbox::Shape shape) {
  return launch.poolKey + (shape.network == sandbox::Network::internet ? "+internet" : "+loopback");
}

std::size_t WarmPool::idle() const {
  std::size_t count = 0;
  for (const auto& [key, kind] : kinds_) count += kind.guests.size();
  return count;
}

Task<std::shared_ptr<Guest>> WarmPool::make(Launch launch, sandbox::Shape shape) {
  auto guest = co_await Guest::create(loop_, factory_, shape, enrol());
  if (launch.beforeAdoption) {
    const std::string program = launch.argv.empty() ? "" : launch.argv.front();
    const bool copied = co_await Guest::startGeneric(guest, std::move(launch));
    metrics_
        .counter("fc_generic_processes_total",
                 "Runtime processes that knew no function when they were started, by how.",
                 {{"by", copied ? "copy" : "exec"}, {"program", program}})
        .add();
  }
  co_return guest;
}

Task<WarmPool::Taken> WarmPool::take(Launch launch, sandbox::Shape shape, Haste haste) {
  Kind& kind = kinds_[keyOf(launch, shape)];
  if (!kind.what.launch.makeWorker) kind.what = {launch, shape};
  kind.lastTake = loop_.steady();
  scheduleRefill();
  while (!kind.guests.empty()) {
    auto guest = std::move(kind.guests.front());
    kind.guests.pop_front();
    if (!guest->exit()) co_return Taken{std::move(guest), true};
  }
  if (haste == Haste::inTurn && !closed_) {
    const auto turn = std::make_shared<OneShot<std::shared_ptr<Guest>>>();
    kind.waiting.push_back(turn);
    const auto timer = loop_.after(config_.longestTurn, [turn] { turn->give(nullptr); });
    auto guest = co_await *turn;
    loop_.cancel(timer);
    std::erase(kind.waiting, turn);
    if (guest && !guest->exit()) co_return Taken{std::move(guest), false};
  }
  co_return Taken{co_await make(std::move(launch), shape), false};
}

void WarmPool::scheduleRefill() {
  if (scheduled_ || refilling_ || closed_) return;
  scheduled_ = true;
  loop_.after(config_.refillDelay, [this] {
    scheduled_ = false;
    if (!refilling_ && !closed_) spawn(refill(), "refill the pool of warm instances");
  });
}

std::size_t WarmPool::targetOf(const Kind& kind) const {
  const bool lately =
      kind.lastTake != SteadyTime{} && loop_.steady() - kind.lastTake < config_.keepAfterUse;
  return policy::poolTarget(config_.size, kind.always, lately);
}

WarmPool::Kind* WarmPool::neediest() {
  Kind* found = nullptr;
  std::size_t most = 0;
  for (auto& [key, kind] : kinds_) {
    const std::size_t target = targetOf(kind);
    while (kind.guests.size() > target) {
      kind.guests.back()->kill();
      kind.guests.pop_back();
    }
    const std::size_t missing = target + kind.waiting.size() - kind.guests.size();
    if (missing > most) {
      most = missing;
      found = &kind;
    }
  }
  return found;
}

Task<> WarmPool::refill() {
  refilling_ = true;
  const auto presence = enrol();
  while (!closed_) {
    Kind* kind = neediest();
    if (kind == nullptr) break;
    const SteadyTime begun = loop_.steady();
    try {
      co_await makeOneMore(*kind);
    } catch (const std::exception& failure) {
      log::error("a warm instance could not be made",
                 {{"kind", kind->what.launch.poolKey}, {"reason", failure.what()}});
      break;
    }
    const SteadyTime now = loop_.steady();
    if (now < restUntil_) co_await sleepFor(loop_, policy::restAfter(now - begun));
  }
  refilling_ = false;
  giveUpWaiting();
}

/// They make their own, or hear why there is none.
void WarmPool::giveUpWaiting() {
  for (auto& [key, kind] : kinds_) {
    for (const auto& turn : std::exchange(kind.waiting, {})) turn->give(nullptr);
  }
}

/// Throws std::runtime_error.
Task<> WarmPool::makeOneMore(Kind& kind) {
  auto guest = co_await make(kind.what.launch, kind.what.shape);
  if (kind.what.launch.beforeAdoption) {
    const auto reply = co_await guest->worker().warmed();
    if (!std::holds_alternative<runtime::Success>(reply)) {
      guest->kill();
      throw std::runtime_error("its runtime process did not come up");
    }
  }
  if (closed_) {
    guest->kill();
  } else {
    hold(kind, std::move(guest));
  }
}

/// For whoever waits, or for the next taker.
void WarmPool::hold(Kind& kind, std::shared_ptr<Guest> guest) {
  if (kind.waiting.empty()) {
    kind.guests.push_back(std::move(guest));
    return;
  }
  const auto turn = std::move(kind.waiting.front());
  kind.waiting.pop_front();
  turn->give(std::move(guest));
}

void WarmPool::giveBack(const Launch& launch, sandbox::Shape shape, std::shared_ptr<Guest> guest) {
  Kind& kind = kinds_[keyOf(launch, shape)];
  const bool wanted = !kind.waiting.empty() || kind.guests.size() < targetOf(kind);
  if (closed_ || guest->exit() || !wanted) return guest->kill();
  hold(kind, std::move(guest));
}

std::shared_ptr<void> WarmPool::enrol() {
  ++census_->guests;
  return {static_cast<void*>(nullptr), [census = census_](void*) {
            if (--census->guests == 0 && census->empty) census->empty->give(true);
          }};
}

Task<bool> WarmPool::emptied(Duration patience) {
  if (census_->guests == 0) co_return true;
  const auto empty = census_->empty = std::make_shared<OneShot<bool>>();
  const auto timer = loop_.after(patience, [empty] { empty->give(false); });
  const bool all = co_await *empty;
  loop_.cancel(timer);
  co_return all;
}

Task<> WarmPool::fill() { co_await refill(); }

void WarmPool::close() {
  closed_ = true;
  giveUpWaiting();
  for (auto& [key, kind] : kinds_) {
    for (auto& guest : kind.guests) guest->kill();
    kind.guests.clear();
  }
}

}  // namespace openfc::scheduler
