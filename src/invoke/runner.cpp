#include "invoke/runner.h"

#include "base/error.h"

#include <chrono>

namespace openfc::invoke {
namespace {

runtime::Call callOf(const Invocation& invocation) {
  runtime::Call call;
  call.requestId = invocation.requestId;
  call.qualifier = invocation.qualifier.empty() ? "LATEST" : invocation.qualifier;
  return call;
}

Outcome failedStart(const scheduler::FunctionSpec& spec, scheduler::StartFailure failure) {
  Outcome outcome;
  outcome.kind = Outcome::Kind::unhandledError;
  outcome.body = std::move(failure.failure.body);
  outcome.contentType = std::move(failure.failure.contentType);
  outcome.instanceId = std::move(failure.instanceId);
  outcome.versionId = spec.configuration.versionId;
  outcome.codeChecksum = spec.codeChecksum;
  outcome.memoryMb = failure.memoryMb;
  outcome.coldStart = true;
  return outcome;
}

}  // namespace

Runner::Runner(net::EventLoop& loop, Directory& directory, scheduler::Fleet& fleet,
               observe::Metrics& metrics, observe::Traces& traces)
    : loop_(loop),
      directory_(directory),
      fleet_(fleet),
      metrics_(metrics),
      traces_(traces),
      report_(loop) {}

Task<Outcome> Runner::invoke(Invocation invocation, Cancellation& cancellation) {
  const auto spec = co_await directory_.resolve(invocation.accountId, invocation.serviceName,
                                                invocation.qualifier, invocation.functionName);
  auto log = std::make_shared<scheduler::InvocationLog>(invocation.requestId, invocation.wantsLog);
  runtime::Call call = callOf(invocation);
  if (spec->credentials) call.credentials = spec->credentials();
  const SteadyTime begun = loop_.steady();
  InvocationTrace trace(traces_, spec, invocation, begun);
  trace.describe(call);
  auto acquired = co_await acquire(spec, call, log, trace, cancellation);
  Outcome outcome;
  if (auto* lease = std::get_if<scheduler::Lease>(&acquired.result)) {
    call.event = std::move(invocation.event);
    call.bytes = std::move(invocation.bytes);
    Ran ran = co_await runIn(loop_, std::move(*lease), std::move(call), log, cancellation);
    report(*spec, log->requestId(), ran);
    outcome = std::move(ran.outcome);
    outcome.coldStart = acquired.cold;
    count(*spec, outcome, ran.timedOut);
  } else if (auto* failure = std::get_if<scheduler::StartFailure>(&acquired.result)) {
    outcome = failedStart(*spec, std::move(*failure));
    outcome.duration = loop_.steady() - begun;
    count(*spec, outcome, false);
  } else {
    outcome.kind = Outcome::Kind::cancelled;
    count(*spec, outcome, false);
  }
  trace.ended(outcome, loop_.steady());
  if (outcome.refused) throw Error(*outcome.refused);
  outcome.logTail = log->tail();
  outcome.memorySize = spec->configuration.memorySize;
  co_return outcome;
}

Task<scheduler::Acquired> Runner::acquire(scheduler::SpecPtr spec, runtime::Call call,
                                          std::shared_ptr<scheduler::InvocationLog> log,
                                          InvocationTrace& trace, Cancellation& cancellation) {
  try {
    auto acquired = co_await fleet_.acquire(spec, std::move(call), std::move(log), cancellation);
    if (acquired.start) {
      trace.coldStart(*acquired.start,
                      std::holds_alternative<scheduler::StartFailure>(acquired.result));
    }
    co_return acquired;
  } catch (const Error& error) {
    trace.refused(error.name(), loop_.steady());
    throw;
  }
}

Runner::Meters& Runner::metersOf(const scheduler::FunctionSpec& spec) {
  const auto found = meters_.find(spec.key);
  if (found != meters_.end()) return found->second;
  const auto& config = spec.configuration;
  const observe::Labels labels = {{"service", config.serviceName},
                                  {"function", config.functionName},
                                  {"qualifier", config.versionId}};
  const auto counter = [&](const char* result) {
    observe::Labels all = labels;
    all.insert(all.end(), {{"result", result}, {"type", "sync"}});
    return &metrics_.counter("fc_invocations_total", "Invocations by result.", all);
  };
  const Meters meters{
      counter("ok"), counter("function_error"), counter("client_error"),
      &metrics_.counter("fc_timeouts_total", "Invocations that ran out of time.", labels),
      &metrics_.histogram("fc_invocation_duration_seconds", "Run time of invocations.",
                          observe::secondsBounds(), labels)};
  return meters_.emplace(spec.key, meters).first->second;
}

void Runner::report(const scheduler::FunctionSpec& spec, const std::string& requestId,
                    const Ran& ran) {
  if (ran.timedOut) return report_.timedOut(spec, requestId);
  const bool failed = ran.outcome.kind == Outcome::Kind::handledError ||
                      ran.outcome.kind == Outcome::Kind::unhandledError;
  if (failed) report_.failed(spec, requestId, ran.outcome.body);
}

void Runner::count(const scheduler::FunctionSpec& spec, const Outcome& outcome, bool timedOut) {
  Meters& meters = metersOf(spec);
  meters.duration->observe(std::chrono::duration<double>(outcome.duration).count());
  if (timedOut) meters.timeouts->add();
  switch (outcome.kind) {
    case Outcome::Kind::success:
      return meters.ok->add();
    case Outcome::Kind::cancelled:
      return meters.cancelled->add();
    case Outcome::Kind::handledError:
    case Outcome::Kind::unhandledError:
      return meters.functionError->add();
  }
}

}  // namespace openfc::invoke
