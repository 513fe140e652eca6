// Programs that somebody runs in instances beside their functions (wire-contract 3.5).

#include "base/error.h"
#include "runtime/catalogue.h"
#include "scheduler/fleet.h"
#include "scheduler/fleet_function.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::scheduler {
namespace {

constexpr int mostVisits = 10;  // of one instance at a time

/// The shell looks for a program in PATH, and says what is wrong when there is none.
std::vector<std::string> argumentsOf(std::vector<std::string> words) {
  if (words.front().contains('/')) return words;
  std::vector<std::string> arguments = {"/bin/sh", "-c", R"(exec "$@")", "sh"};
  std::ranges::move(words, std::back_inserter(arguments));
  return arguments;
}

sandbox::VisitorProgram programOf(const Instance& instance, VisitCommand command) {
  runtime::Configuration configuration = instance.spec().configuration;
  configuration.instanceId = instance.id();
  sandbox::VisitorProgram program{.argv = argumentsOf(std::move(command.words)),
                                  .environment = {},
                                  .cwd = configuration.codePath,
                                  .terminal = command.terminal};
  runtime::Environment environment = runtime::environmentOf(configuration);
  if (program.terminal) environment.emplace("TERM", "xterm");
  for (const auto& [name, value] : environment)
    program.environment.push_back(fmt::format("{}={}", name, value));
  return program;
}

}  // namespace

/// Keeps an instance awake as long as it lives.
class Fleet::Stay {
public:
  Stay(Fleet& fleet, std::shared_ptr<Instance> instance)
      : fleet_(fleet), instance_(std::move(instance)) {
    fleet_.beginStay(*instance_);
  }
  ~Stay() { fleet_.endStay(instance_); }
  Stay(const Stay&) = delete;
  Stay& operator=(const Stay&) = delete;

private:
  Fleet& fleet_;
  std::shared_ptr<Instance> instance_;
};

class Fleet::StayingVisit final : public Visit {
public:
  StayingVisit(std::unique_ptr<Stay> stay, std::unique_ptr<sandbox::Visitor> visitor)
      : stay_(std::move(stay)), visitor_(std::move(visitor)) {}
  sandbox::Visitor& visitor() override { return *visitor_; }

private:
  std::unique_ptr<Stay> stay_;  // first: the visitor goes while the instance is awake
  std::unique_ptr<sandbox::Visitor> visitor_;
};

void Fleet::beginStay(Instance& instance) {
  if (instance.state_ == Instance::State::frozen) {
    if (!wake(instance)) {
      throw Error(Code::resourceThrottled,
                  fmt::format("this node has no memory left to wake an instance of {} MB",
                              instance.spec().configuration.memorySize));
    }
    instance.state_ = Instance::State::idle;
  }
  ++instance.visits_;
  if (instance.state_ == Instance::State::idle) moveTo(instance, standby_);
}

void Fleet::endStay(const std::shared_ptr<Instance>& instance) {
  if (--instance->visits_ > 0 || instance->state_ != Instance::State::idle) return;
  rest(instance);
  if (!blocked_.empty()) blockedMayProceed();
}

Task<std::unique_ptr<Visit>> Fleet::visit(std::string key, std::string alias,
                                          std::string instanceId, VisitCommand command) {
  const Function* function = findFunction(key, alias);
  if (function == nullptr || closed_) co_return nullptr;
  const auto found = std::ranges::find(function->instances, instanceId,
                                       [](const auto& instance) { return instance->id(); });
  if (found == function->instances.end()) co_return nullptr;
  const std::shared_ptr<Instance> instance = *found;
  if (instance->visits_ >= mostVisits) {
    throw Error(Code::resourceExhausted,
                fmt::format("an instance takes {} further programs at a time", mostVisits));
  }
  auto stay = std::make_unique<Stay>(*this, instance);
  auto visitor =
      co_await instance->guest().sandbox().visit(programOf(*instance, std::move(command)));
  co_return std::make_unique<StayingVisit>(std::move(stay), std::move(visitor));
}

}  // namespace openfc::scheduler
