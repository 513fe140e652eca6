#include "invoke/invocation_run.h"

#include "base/scoped_timer.h"
#include "scheduler/failure_text.h"

#include <fmt/core.h>

#include <chrono>
#include <exception>

namespace openfc::invoke {
namespace {

std::string endLine(const std::string& requestId, const Outcome& outcome) {
  std::string line = "FC Invoke End RequestId: " + requestId;
  switch (outcome.kind) {
    case Outcome::Kind::success:
      break;
    case Outcome::Kind::handledError:
      line += ", Error: Handled function error";
      break;
    case Outcome::Kind::unhandledError:
      line += ", Error: Unhandled function error";
      break;
    case Outcome::Kind::cancelled:
      line += fmt::format(
          ", Error: Invocation canceled by client (duration: {}ms, maxMemoryUsage: {:.2f}MB)",
          std::chrono::duration_cast<std::chrono::milliseconds>(outcome.duration).count(),
          outcome.memoryMb);
      break;
  }
  return line;
}

/// What happens while one invocation runs in its instance.
struct Run {
  scheduler::Instance& instance;
  std::chrono::seconds limit;
  SteadyTime begun;
  Duration duration{};
  double memoryMb = 0;
  bool timedOut = false;
  bool cancelled = false;
};

/// Listens to a caller's leaving to the end of its scope, however that ends.
class Leaving {
public:
  Leaving(Cancellation& cancellation, Loop::Function function) : cancellation_(cancellation) {
    cancellation_.onCancel(std::move(function));
  }
  ~Leaving() { cancellation_.onCancel(nullptr); }
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;

private:
  Cancellation& cancellation_;
};

/// The call itself. When it ends, by whatever, nothing refers to `run` any more.
Task<runtime::Reply> ask(net::EventLoop& loop, Run& run, runtime::Call call,
                         Cancellation& cancellation) {
  const bool alone = run.instance.spec().configuration.instanceConcurrency == 1;
  const ScopedTimer timer(loop, run.limit, [&run] {
    run.timedOut = true;
    run.instance.guest().kill();  // the call below then ends with Gone
  });
  const Leaving leaving(cancellation, [&run, alone] {
    run.cancelled = true;
    if (alone) run.instance.guest().kill();
  });
  co_return co_await run.instance.worker().invoke(std::move(call));
}

Outcome outcomeOf(const Run& run, runtime::Reply reply, std::string exited) {
  Outcome outcome;
  outcome.instanceId = run.instance.id();
  outcome.versionId = run.instance.spec().configuration.versionId;
  outcome.codeChecksum = run.instance.spec().codeChecksum;
  outcome.memorySize = run.instance.spec().configuration.memorySize;
  outcome.duration = run.duration;
  outcome.memoryMb = run.memoryMb;
  if (run.cancelled) {
    outcome.kind = Outcome::Kind::cancelled;
  } else if (auto* success = std::get_if<runtime::Success>(&reply)) {
    outcome.body = std::move(success->body);
  } else if (auto* failure = std::get_if<runtime::Failure>(&reply)) {
    outcome.kind = failure->handled ? Outcome::Kind::handledError : Outcome::Kind::unhandledError;
    outcome.body = std::move(failure->body);
    outcome.contentType = std::move(failure->contentType);
    outcome.refused = std::move(failure->refused);
  } else {
    outcome.kind = Outcome::Kind::unhandledError;
    outcome.contentType = "application/json";
    outcome.body = run.timedOut ? scheduler::timedOutBody("Function", run.limit, run.memoryMb)
                                : std::move(exited);
  }
  return outcome;
}

}  // namespace

Task<Ran> runIn(net::EventLoop& loop, scheduler::Lease lease, runtime::Call call,
                std::shared_ptr<scheduler::InvocationLog> log, Cancellation& cancellation) {
  scheduler::Instance& instance = lease.instance();
  Run run{instance, instance.spec().configuration.timeout, loop.steady()};
  instance.begin(log);
  instance.printStart(*log);
  runtime::Reply reply;
  std::exception_ptr broken;
  try {
    reply = co_await ask(loop, run, std::move(call), cancellation);
  } catch (...) {
    broken = std::current_exception();
  }
  run.duration = loop.steady() - run.begun;
  run.memoryMb = instance.peakMemoryMb();
  instance.end(log);
  if (broken) {
    lease.discard("the conversation with it broke");  // and what it is at is unknown
    std::rethrow_exception(broken);
  }
  std::string exited;
  if (const auto* gone = std::get_if<runtime::Gone>(&reply)) {
    lease.discard(gone->reason);
    if (!run.timedOut && !run.cancelled) {
      exited = co_await scheduler::Instance::exitedBody(lease.shared(), run.duration, run.memoryMb);
    }
  }
  Outcome outcome = outcomeOf(run, std::move(reply), std::move(exited));
  instance.print(*log, endLine(log->requestId(), outcome));
  // The tail that the client gets is given its summary with the answer.
  scheduler::InvocationLog kept(log->requestId(), false);
  instance.print(kept, "RequestId: " + log->requestId() + " " + summaryOf(outcome));
  co_return Ran{std::move(outcome), run.timedOut};
}

}  // namespace openfc::invoke
