#pragma once

#include "base/check.h"
#include "scheduler/function_spec.h"

#include <fcntl.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

/// Stand-ins for tests of this room: sandboxes without processes and workers that answer what the
/// test says.
namespace openfc::scheduler::fake {

/// What the test sees and steers of all fakes.
struct World {
  int created = 0;
  int alive = 0;
  int frozen = 0;
  bool outOfMemory = false;  // that is why they end
  bool freezes = true;       // there is what freezes sandboxes
  int visitors = 0;
  sandbox::VisitorProgram lastVisitor;
  int loads = 0;
  std::string lastRequestId;
  std::uint64_t memory = 10u << 20;
  bool failAdoption = false;
  runtime::Reply loadReply = runtime::Success{};
  runtime::Reply warmReply = runtime::Success{};
  bool workersAlive = true;
  bool workersLimitLoads = false;
  std::string hooks;       // those that were called, in order
  bool holdHooks = false;  // they wait until the test releases them
  runtime::Reply hookReply = runtime::Success{};
  runtime::Reply invokeReply = runtime::Success{};
  bool invocationsThrow = false;
  bool holdInvocations = false;
  bool holdLoads = false;    // load() waits until the test releases it
  bool holdWarming = false;  // warmed() too
  bool holdMaking = false;   // and what makes sandboxes
  std::vector<std::shared_ptr<OneShot<bool>>> held;

  /// Waits until the test releases it.
  Task<> hold() {
    auto gate = std::make_shared<OneShot<bool>>();
    held.push_back(gate);
    co_await *gate;
  }
  /// Releases what is held, and holds no more.
  void release() {
    holdInvocations = holdLoads = holdWarming = holdMaking = false;
    releaseHeld();
  }
  /// Releases what is held up to now.
  void releaseHeld() {
    for (const auto& gate : std::exchange(held, {})) gate->give(true);
  }
};

class Visitor final : public sandbox::Visitor {
public:
  explicit Visitor(World& world) : world_(world) { ++world_.visitors; }
  ~Visitor() override { --world_.visitors; }
  Fd takeInput() override { return {}; }
  Fd takeOutput() override { return {}; }
  Fd takeError() override { return {}; }
  Task<int> ended() override { co_return 0; }

private:
  World& world_;
};

class Sandbox final : public sandbox::Sandbox {
public:
  explicit Sandbox(World& world) : world_(world), id_("c-" + std::to_string(++world.created)) {
    int ends[2];
    check(::pipe2(ends, O_CLOEXEC), "make a pipe");
    output_ = Fd(ends[0]);
    writer_ = Fd(ends[1]);
    ++world_.alive;
  }
  ~Sandbox() override { kill(); }

  const std::string& id() const override { return id_; }
  void start(const std::vector<std::string>&, const std::vector<std::string>&,
             const std::string&) override {}
  Task<bool> fork(sandbox::Program) override { co_return false; }
  Fd takeControl() override { return {}; }
  Fd takeOutput() override { return std::move(output_); }
  Task<> adopt(sandbox::Adoption) override {
    if (world_.failAdoption) throw std::runtime_error("no such package");
    co_return;
  }
  Task<Fd> socket() override { co_return Fd(); }
  Task<std::unique_ptr<sandbox::Visitor>> visit(sandbox::VisitorProgram program) override {
    world_.lastVisitor = std::move(program);
    co_return std::make_unique<Visitor>(world_);
  }
  bool freeze() override {
    if (world_.freezes) ++world_.frozen;
    return world_.freezes;
  }
  void thaw() override {
    if (world_.freezes) --world_.frozen;
  }
  void kill() override {
    if (!writer_) return;
    writer_.reset();
    --world_.alive;
    ended_->give({.oom = world_.outOfMemory});
  }
  Task<sandbox::Exit> ended() override {
    const auto shot = ended_;
    co_return co_await *shot;
  }
  std::uint64_t memory() const override { return world_.memory; }
  std::uint64_t peakMemory() const override { return world_.memory; }
  void resetPeak() override {}

private:
  World& world_;
  std::string id_;
  Fd output_;
  Fd writer_;
  std::shared_ptr<OneShot<sandbox::Exit>> ended_ = std::make_shared<OneShot<sandbox::Exit>>();
};

class Factory final : public sandbox::Factory {
public:
  explicit Factory(World& world) : world_(world) {}
  Task<std::unique_ptr<sandbox::Sandbox>> create(sandbox::Shape) override {
    if (world_.holdMaking) co_await world_.hold();
    co_return std::make_unique<Sandbox>(world_);
  }
  std::vector<std::string> shortcomings() const override { return {}; }
  bool healthy() const override { return true; }

private:
  World& world_;
};

class Worker final : public runtime::Worker {
public:
  explicit Worker(World& world) : world_(world) {}
  Task<runtime::Reply> warmed() override {
    if (world_.holdWarming) co_await world_.hold();
    co_return world_.warmReply;
  }
  bool alive() const override { return world_.workersAlive; }
  bool limitsLoad() const override { return world_.workersLimitLoads; }
  Task<runtime::Reply> load(runtime::Configuration) override {
    ++world_.loads;
    if (world_.holdLoads) co_await world_.hold();
    co_return world_.loadReply;
  }
  Task<runtime::Reply> initialize(runtime::Call call) override {
    world_.lastRequestId = call.requestId;
    co_return runtime::Success{};
  }
  Task<runtime::Reply> invoke(runtime::Call) override {
    if (world_.holdInvocations) co_await world_.hold();
    if (world_.invocationsThrow) throw std::runtime_error("a broken conversation");
    co_return world_.invokeReply;
  }
  Task<runtime::Reply> run(runtime::Hook hook, runtime::Call) override {
    world_.hooks += hook == runtime::Hook::preFreeze ? "freeze " : "stop ";
    if (world_.holdHooks) {
      auto gate = std::make_shared<OneShot<bool>>();
      world_.held.push_back(gate);
      hook_ = gate;
      if (!co_await *gate) co_return runtime::Gone{"it was killed"};
    }
    co_return world_.hookReply;
  }
  void ended(int) override {
    if (hook_) hook_->give(false);
  }

private:
  World& world_;
  std::shared_ptr<OneShot<bool>> hook_;  // that is held
};

inline std::shared_ptr<FunctionSpec> spec(World& world, const std::string& name,
                                          std::uint64_t revision = 1) {
  auto made = std::make_shared<FunctionSpec>();
  made->key = "1/s/LATEST/" + name;
  made->revision = revision;
  made->configuration.accountId = "1";
  made->configuration.serviceName = "s";
  made->configuration.functionName = name;
  made->launch.beforeAdoption = true;
  made->launch.makeWorker = [&world](net::EventLoop&, sandbox::Sandbox&,
                                     const Launch::RecentOutput&) {
    return std::make_unique<Worker>(world);
  };
  return made;
}

/// The same with both lifecycle hooks.
inline std::shared_ptr<FunctionSpec> hookedSpec(World& world, const std::string& name,
                                                std::uint64_t revision = 1) {
  auto made = spec(world, name, revision);
  made->configuration.preFreeze = {.handler = "index.freeze"};
  made->configuration.preStop = {.handler = "index.stop"};
  return made;
}

}  // namespace openfc::scheduler::fake
