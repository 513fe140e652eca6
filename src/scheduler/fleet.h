#pragma once

#include "base/cancellation.h"
#include "observe/metrics.h"
#include "scheduler/function_report.h"
#include "scheduler/instance.h"
#include "scheduler/instance_keeper.h"
#include "scheduler/memory_budget.h"
#include "scheduler/served.h"
#include "scheduler/slots.h"
#include "scheduler/warm_pool.h"

#include <algorithm>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace openfc::scheduler {

class Fleet;
struct FleetAccount;
struct FleetWaiter;
struct FleetFunction;
struct FleetOnDemand;
struct FleetStart;

/// The right to send one invocation to one instance. Giving it back is its destructor.
class Lease {
public:
  Lease(Fleet& fleet, std::shared_ptr<Instance> instance)
      : fleet_(&fleet), instance_(std::move(instance)) {}
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease();

  Instance& instance() const { return *instance_; }
  const std::shared_ptr<Instance>& shared() const { return instance_; }
  /// Kills the instance; nobody gets it any more. `reason` is for the server's log.
  void discard(std::string_view reason);

private:
  Fleet* fleet_;
  std::shared_ptr<Instance> instance_;
};

/// The instance that was to serve the invocation could not be started: the function's own fault.
struct StartFailure {
  runtime::Failure failure;
  std::string instanceId;
  double memoryMb = 0;
};

struct Acquired {
  std::variant<std::monostate, Lease, StartFailure> result;  // monostate: called off
  bool cold = false;                                         // an instance was started for it
  std::optional<StartTimes> start;                           // … then
};

struct FleetConfig {
  std::size_t maxConcurrency = 1000;  // invocations of one account on this node: 429 beyond
  std::uint64_t memory = 8ull << 30;  // of this node, for instances
  std::uint64_t accountMemory = 0;    // that one account's may have; 0 = no limit of its own
  std::vector<std::string> accounts;  // that leave each other a share, where there are several
  double accountShare = 0.5;          // the part of the memory that the shares are, together
  Duration admissionWait = std::chrono::seconds(5);  // for memory, then 503
  Duration freezeAfter = std::chrono::milliseconds(100);
  Duration reclaimAfter = std::chrono::minutes(10);
  Duration loadTimeout = std::chrono::seconds(60);  // of code; custom runtimes have their own
  // Sandboxes being made, and their processes coming up, at a time; functions take turns.
  std::size_t maxCreating = std::max(2u, std::thread::hardware_concurrency());
};

/// All instances of this node: who serves an invocation, who is started, frozen, reclaimed or
/// evicted. Belongs to the loop.
class Fleet final : public InstanceKeeper {
public:
  Fleet(net::EventLoop& loop, WarmPool& warm, observe::SegmentLogs& logs, observe::Metrics& metrics,
        FleetConfig config);
  ~Fleet() override;

  /// An instance with room for one more invocation: one that is kept ready, the most recently used
  /// one, or a new one; when `call.qualifier` is an alias, one of the alias. `call` goes to the
  /// initializer of an instance that is started for it, `log` gathers what that prints.
  /// `cancellation` must live until the task ends. Throws Error: resourceExhausted (also where no
  /// more instances may be started on demand), resourceThrottled, or functionNotFound when the
  /// function was deleted meanwhile.
  Task<Acquired> acquire(SpecPtr spec, runtime::Call call, std::shared_ptr<InvocationLog> log,
                         Cancellation& cancellation);
  void provision(Provision provision) override;
  Provisioned provisioned(const std::string& key, const std::string& alias) const override;
  void limitOnDemand(const std::string& name, std::optional<std::size_t> most) override;
  /// The function or version is gone: kills what is idle, lets invocations under way end.
  void retire(const std::string& key);
  /// Ends all instances with a preStop hook, those that run invocations after these. Resumes when
  /// no hook is under way or `limit` is over. Nothing may be started any more.
  Task<> stopAll(Duration limit);
  /// Kills everything.
  void close();

  std::vector<Listed> instances(const std::string& key, const std::string& alias) const override;
  Task<std::unique_ptr<Visit>> visit(std::string key, std::string alias, std::string instanceId,
                                     VisitCommand command) override;
  std::size_t inFlight() const { return inFlight_; }
  /// How many it knows, each version under each qualifier: those that it has instances of, that
  /// invocations wait for, or that are to be kept ready.
  std::size_t functions() const { return functions_.size(); }

private:
  friend class Lease;
  using Account = FleetAccount;
  using Waiter = FleetWaiter;
  using Function = FleetFunction;
  using OnDemand = FleetOnDemand;
  using Start = FleetStart;
  using Instances = std::list<std::shared_ptr<Instance>>;
  class HookUnderWay;
  class Stay;
  class StayingVisit;

  static std::string placeOf(const std::string& key, const std::string& alias);
  Function& functionOf(const SpecPtr& spec, const std::string& alias);
  Account& accountOf(const std::string& id);
  void admit(Function& function);
  std::shared_ptr<OnDemand>& onDemandOf(const std::string& name);
  const Function* findFunction(const std::string& key, const std::string& alias) const;
  void replaceSpec(Function& function, const SpecPtr& spec);
  void retireFunction(Function& function);
  void forgetSoon(Function& function);
  void forget(Function& function);
  void forgetLimit(const OnDemand& onDemand);
  std::optional<Lease> takeAvailable(Function& function);
  std::optional<Lease> lend(Instance& instance);
  bool wake(Instance& instance);
  void beginStay(Instance& instance);
  void endStay(const std::shared_ptr<Instance>& instance);
  Task<Acquired> wait(Function& function, std::shared_ptr<Waiter> waiter,
                      Cancellation& cancellation);
  void pump(Function& function);
  void startForWaiters(Function& function);
  bool startOne(Function& function);
  void refuseAll(Function& function);
  void refuseExcess(Function& function);
  void keepReady(Function& function);
  void dropSurplus(Function& function);
  void setAwake(Function& function, bool awake);
  void lose(Instance& instance);
  static std::string endedSoon();
  void pauseAfterFailure(Function& function, std::string reason);
  void measure(Function& function) const;
  void beginStart(Function& function, std::shared_ptr<Waiter> trigger);
  Task<> start(Function& function, std::shared_ptr<Start> start);
  static void uncount(Function& function, const Waiter& trigger);
  static void callOff(Function& function, const std::shared_ptr<Start>& start);
  static void callOffStarts(Function& function);
  static void callOffSurplus(Function& function);
  Task<> comeUp(std::shared_ptr<Guest> guest);
  Task<WarmPool::Taken> makeGuest(std::shared_ptr<Start> start, Haste haste);
  void noteServed(const Function& function);
  Haste hasteOf(const Function& function) const;
  Task<std::optional<StartFailure>> bringUp(std::shared_ptr<Instance> instance,
                                            std::shared_ptr<Waiter> trigger);
  Task<runtime::Reply> timed(std::shared_ptr<Instance> instance, Task<runtime::Reply> step,
                             Duration limit, bool* timedOut);
  void armAdmission(Function& function, const std::shared_ptr<Waiter>& waiter);
  void block(Function& function);
  struct Started;
  void conclude(Function& function, const std::shared_ptr<Start>& start, Started started);
  void tell(const FunctionSpec& spec, const Started& started);
  void notStarted(Function& function, const std::shared_ptr<Waiter>& trigger, Started started);
  static void discard(Instance& instance);

  bool makeRoom(const Account& account, std::uint64_t bytes);
  std::shared_ptr<Instance> victim(const Account& account, std::uint64_t bytes) const;
  MemoryBudget::Freed evictable(const Account& account) const;
  MemoryBudget::Freed leaving(const Account& account) const;
  std::string lackOf(const Function& function) const;
  void enter(Function& function, const std::shared_ptr<Instance>& instance);
  void giveBack(const std::shared_ptr<Instance>& instance);
  void retireInstance(const std::shared_ptr<Instance>& instance, std::string_view reason);
  void rest(const std::shared_ptr<Instance>& instance);
  void moveTo(Instance& instance, Instances& home);
  void list(Instance& instance);
  void end(const std::shared_ptr<Instance>& instance, std::string_view reason);
  void kill(const std::shared_ptr<Instance>& instance, std::string_view reason);
  void remove(const std::shared_ptr<Instance>& instance);
  void setReserved(Instance& instance, std::uint64_t bytes);
  void unlist(Instance& instance);
  void armFreezer();
  void freezeDue();
  void freeze(const std::shared_ptr<Instance>& instance);
  static bool hasHook(Instance& instance, runtime::Hook hook);
  void makeBusy(const std::shared_ptr<Instance>& instance);
  Task<runtime::Reply> runHook(std::shared_ptr<Instance> instance, runtime::Hook hook);
  void retireHooked();
  Task<> freezeAfterHook(std::shared_ptr<Instance> instance);
  Task<> stopAfterHook(std::shared_ptr<Instance> instance, std::string reason);
  void armReclaimer();
  void reclaimDue();
  void blockedMayProceed();

  net::EventLoop& loop_;
  WarmPool& warm_;
  observe::SegmentLogs& logs_;
  observe::Metrics& metrics_;
  FleetConfig config_;
  FunctionReport report_;
  MemoryBudget memory_;
  std::map<std::string, Account> accounts_;
  std::map<std::string, std::shared_ptr<Function>> functions_;
  std::map<std::string, std::shared_ptr<OnDemand>> onDemand_;
  Instances busy_;            // running at least one invocation
  Instances idle_;            // awake, longest idle first
  Instances frozen_;          // longest idle first
  Instances standby_;         // kept ready, frozen or awake for good, or visited
  std::size_t inFlight_ = 0;  // leases and waiters
  std::size_t hooks_ = 0;     // under way
  std::vector<std::shared_ptr<OneShot<bool>>> hooksOver_;  // wait until none is
  std::uint64_t leaving_ = 0;  // memory of the instances whose preStop hook is under way
  Served served_;
  Slots creating_;
  Slots inTurn_{1};
  std::list<Function*> blocked_;  // wait for memory, longest first
  bool freezerArmed_ = false;
  bool reclaimerArmed_ = false;
  bool closed_ = false;
};

}  // namespace openfc::scheduler
