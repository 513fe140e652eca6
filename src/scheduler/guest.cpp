#include "scheduler/guest.h"

#include "base/log.h"
#include "base/scoped_timer.h"

#include <array>

namespace openfc::scheduler {
namespace {

const std::string instanceIdVariable = "FC_INSTANCE_ID=";
constexpr std::size_t maxRecent = 4096;
constexpr std::size_t maxLine = 32u << 10;  // wire-contract 4.2

}  // namespace

Task<std::shared_ptr<Guest>> Guest::create(net::EventLoop& loop, sandbox::Factory& factory,
                                           sandbox::Shape shape, std::shared_ptr<void> presence) {
  auto sandbox = co_await factory.create(shape);
  std::shared_ptr<Guest> guest(new Guest(loop, std::move(sandbox), std::move(presence)));
  spawn(watchExit(guest), "watch instance");
  spawn(readOutput(guest), "read output of instance");
  co_return guest;
}

Guest::Guest(net::EventLoop& loop, std::unique_ptr<sandbox::Sandbox> sandbox,
             std::shared_ptr<void> presence)
    : presence_(std::move(presence)),
      loop_(loop),
      sandbox_(std::move(sandbox)),
      output_(loop.adopt(sandbox_->takeOutput())) {}

Guest::~Guest() = default;

void Guest::start(const Launch& launch) {
  std::vector<std::string> environment = launch.environment;
  std::erase_if(environment,
                [](const std::string& entry) { return entry.starts_with(instanceIdVariable); });
  environment.push_back(instanceIdVariable + sandbox_->id());
  sandbox_->start(launch.argv, environment, launch.cwd);
  makeWorker(launch);
}

Task<bool> Guest::startGeneric(std::shared_ptr<Guest> self, Launch launch) {
  const bool copied =
      launch.cwd == "/" && co_await self->sandbox_->fork({launch.argv, launch.environment});
  if (copied) {
    self->makeWorker(launch);
  } else {
    self->start(launch);
  }
  co_return copied;
}

void Guest::makeWorker(const Launch& launch) {
  worker_ = launch.makeWorker(loop_, *sandbox_, [this] { return recent_; });
}

void Guest::onExit(Loop::Function function) {
  if (exit_ && function) {
    function();
  } else {
    onExit_ = std::move(function);
  }
}

void Guest::kill() { sandbox_->kill(); }

Task<> Guest::watchExit(std::shared_ptr<Guest> self) {
  const sandbox::Exit exit = co_await self->sandbox_->ended();
  self->exit_ = exit;
  if (self->worker_) self->worker_->ended(exit.status);
  if (self->onExit_) std::exchange(self->onExit_, nullptr)();
  for (const auto& waiter : std::exchange(self->whenGone_, {})) waiter->give(true);
}

Task<> Guest::gone(std::shared_ptr<Guest> self, Duration patience) {
  if (self->exit_) co_return;
  const auto gone = std::make_shared<OneShot<bool>>();
  self->whenGone_.push_back(gone);
  const ScopedTimer timer(self->loop_, patience, [gone] { gone->give(false); });
  co_await *gone;
}

Task<> Guest::readOutput(std::shared_ptr<Guest> self) {
  std::array<char, 16u << 10> buffer;
  try {
    while (true) {
      const std::size_t count = co_await self->output_->read(buffer, SteadyTime::max());
      if (count == 0) break;
      self->take({buffer.data(), count});
    }
  } catch (const net::IoError& error) {
    log::debug("output of an instance ended",
               {{"instanceId", self->sandbox_->id()}, {"reason", error.what()}});
  }
  self->finishLine();
}

void Guest::drainOutput() {
  // Bounded: a process that prints without end must not keep the loop here.
  std::array<char, 16u << 10> buffer;
  for (int round = 0; round < 16; ++round) {
    const std::size_t count = output_->readNow(buffer);
    if (count == 0) break;
    take({buffer.data(), count});
  }
  finishLine();
}

void Guest::take(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    if (!cutting_) {
      partial_ += piece.substr(0, maxLine - partial_.size());
      cutting_ = partial_.size() == maxLine;
      if (cutting_) deliver();
    }
    if (end == std::string_view::npos) return;
    if (!cutting_) deliver();
    cutting_ = false;
    bytes.remove_prefix(end + 1);
  }
}

void Guest::finishLine() {
  if (!partial_.empty()) deliver();
}

void Guest::deliver() {
  if (line_) line_(partial_);
  recent_ += partial_;
  recent_ += '\n';
  if (recent_.size() > 2 * maxRecent) recent_.erase(0, recent_.size() - maxRecent);
  partial_.clear();
}

}  // namespace openfc::scheduler
