#include "runtime/custom_worker.h"

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "http/client.h"
#include "runtime/custom_messages.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace openfc::runtime {
namespace {

constexpr SteadyTime never = SteadyTime::max();
constexpr Duration firstPause = std::chrono::milliseconds(1);
constexpr Duration longestPause = std::chrono::milliseconds(100);
/// A server may close an idle connection at any moment, and a request that meets the close is lost.
/// Common servers wait 5 s (Node.js) or more.
constexpr Duration longestIdle = std::chrono::seconds(2);

using Connection = std::unique_ptr<http::Connection>;

}  // namespace

struct CustomWorker::State {
  State(net::EventLoop& home, std::function<Task<Fd>()> makeSocket,
        std::function<std::string()> readLogs, std::size_t results, std::chrono::seconds start)
      : loop(home),
        socket(std::move(makeSocket)),
        logs(std::move(readLogs)),
        resultLimit(results),
        startLimit(start) {}

  struct Idle {
    Connection connection;
    SteadyTime since;
  };

  net::EventLoop& loop;
  std::function<Task<Fd>()> socket;
  std::function<std::string()> logs;
  std::size_t resultLimit;
  std::chrono::seconds startLimit;
  Configuration configuration;
  std::shared_ptr<const std::string> lines;  // of every request's head
  std::vector<Idle> idle;
  std::optional<int> exit;

  Connection reuse();
  void keep(Connection connection);
  std::string printed() const { return logs ? logs() : std::string(); }

  static Task<Connection> connect(std::shared_ptr<State> self, SteadyTime deadline);
  static Task<Connection> tryConnect(std::shared_ptr<State> self, SteadyTime deadline);
  static Task<Reply> load(std::shared_ptr<State> self);
  static Task<http::Response> send(std::shared_ptr<State> self, http::Request request);
  static Task<Reply> ask(std::shared_ptr<State> self, http::Request request,
                         Reply (*read)(http::Response));
};

Connection CustomWorker::State::reuse() {
  while (!idle.empty()) {
    Idle last = std::move(idle.back());
    idle.pop_back();
    if (loop.steady() - last.since < longestIdle && last.connection->reusable())
      return std::move(last.connection);
  }
  return nullptr;
}

void CustomWorker::State::keep(Connection connection) {
  const auto limit = static_cast<std::size_t>(std::max(1, configuration.instanceConcurrency));
  if (!exit && idle.size() < limit && connection->usable())
    idle.push_back({std::move(connection), loop.steady()});
}

Task<Connection> CustomWorker::State::connect(std::shared_ptr<State> self, SteadyTime deadline) {
  Fd fd = co_await self->socket();
  co_await self->loop.connectLocal(fd.get(), self->configuration.caPort, deadline);
  co_return std::make_unique<http::Connection>(self->loop.adopt(std::move(fd)));
}

/// Null: nobody listens yet.
Task<Connection> CustomWorker::State::tryConnect(std::shared_ptr<State> self, SteadyTime deadline) {
  try {
    co_return co_await connect(self, deadline);
  } catch (const std::runtime_error& failure) {
    // Refused, timed out, or the sandbox is gone already and its end not yet told: load() asks
    // again until it knows.
    log::debug("a custom runtime does not accept yet", {{"reason", failure.what()}});
    co_return nullptr;
  }
}

Task<Reply> CustomWorker::State::load(std::shared_ptr<State> self) {
  const SteadyTime deadline = self->loop.steady() + self->startLimit;
  Duration pause = firstPause;
  while (!self->exit) {
    if (Connection connection = co_await tryConnect(self, deadline)) {
      self->keep(std::move(connection));
      co_return Success{};
    }
    if (self->loop.steady() + pause >= deadline) {
      co_return healthCheckFailed(self->configuration, self->startLimit, self->printed());
    }
    co_await sleepFor(self->loop, pause);
    pause = std::min(2 * pause, longestPause);
  }
  co_return exitedEarly(self->configuration, self->exit.value_or(0), self->printed());
}

Task<http::Response> CustomWorker::State::send(std::shared_ptr<State> self, http::Request request) {
  Connection connection = self->reuse();
  if (!connection) connection = co_await connect(self, never);
  http::Response response =
      co_await connection->roundTrip(std::move(request), self->resultLimit, never);
  self->keep(std::move(connection));
  co_return response;
}

Task<Reply> CustomWorker::State::ask(std::shared_ptr<State> self, http::Request request,
                                     Reply (*read)(http::Response)) {
  if (self->exit) co_return Gone{"the process has ended"};
  try {
    co_return read(co_await send(self, std::move(request)));
  } catch (const Error& error) {
    if (error.code() != Code::entityTooLarge) co_return Failure{.refused = error};
    co_return failureOf(error.message());
  } catch (const std::runtime_error& failure) {  // of the connection, or of the launcher
    co_return Gone{failure.what()};
  }
}

CustomWorker::CustomWorker(net::EventLoop& loop, std::function<Task<Fd>()> socket,
                           std::function<std::string()> logs, std::size_t resultLimit,
                           std::chrono::seconds startLimit)
    : state_(std::make_shared<State>(loop, std::move(socket), std::move(logs), resultLimit,
                                     startLimit)) {}

CustomWorker::~CustomWorker() = default;

void CustomWorker::ended(int waitStatus) {
  if (!state_->exit) state_->exit = waitStatus;
  rest();
}

bool CustomWorker::alive() const { return !state_->exit; }

void CustomWorker::rest() { state_->idle.clear(); }

Task<Reply> CustomWorker::load(Configuration configuration) {
  state_->configuration = std::move(configuration);
  state_->lines = functionLines(state_->configuration);
  return State::load(state_);
}

Task<Reply> CustomWorker::initialize(Call call) {
  return State::ask(state_, requestOf(state_->lines, std::move(call), "/initialize"), hookReply);
}

Task<Reply> CustomWorker::run(Hook hook, Call call) {
  http::Request request = requestOf(state_->lines, std::move(call),
                                    hook == Hook::preFreeze ? "/pre-freeze" : "/pre-stop");
  request.method = "GET";
  request.body.clear();
  request.headers.remove("Content-Type");
  return State::ask(state_, std::move(request), hookReply);
}

Task<Reply> CustomWorker::invoke(Call call) {
  return State::ask(state_, requestOf(state_->lines, std::move(call), "/invoke"), invokeReply);
}

}  // namespace openfc::runtime
