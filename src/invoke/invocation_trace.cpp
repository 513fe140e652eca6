#include "invoke/invocation_trace.h"

namespace openfc::invoke {
namespace {

std::string_view errorTypeOf(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::success:
      return "";
    case Outcome::Kind::handledError:
      return "HandledInvocationError";
    case Outcome::Kind::unhandledError:
      return "UnhandledInvocationError";
    case Outcome::Kind::cancelled:
      return "Canceled";
  }
  return "";
}

}  // namespace

InvocationTrace::InvocationTrace(observe::Traces& traces, scheduler::SpecPtr spec,
                                 const Invocation& invocation, SteadyTime begun)
    : traces_(traces), spec_(std::move(spec)), requestId_(invocation.requestId), begun_(begun) {
  if (spec_->configuration.jaegerEndpoint.empty()) return;
  const auto caller = observe::parseSpanContext(invocation.spanContext);
  context_ = caller ? observe::childOf(*caller) : observe::newTrace();
  baggage_ = invocation.baggage;
}

void InvocationTrace::describe(runtime::Call& call) const {
  if (!context_) return;
  call.spanContext = observe::formatSpanContext(*context_);
  call.baggage = baggage_;
}

// Attributes have the names of OpenTelemetry's conventions for functions.
observe::Span InvocationTrace::spanOf(const observe::SpanContext& context, std::string name,
                                      SteadyTime begin, SteadyTime end) const {
  const runtime::Configuration& config = spec_->configuration;
  return {.context = context,
          .service = config.serviceName,
          .name = std::move(name),
          .begin = begin,
          .end = end,
          .entry = false,
          .failed = false,
          .attributes = {{"faas.name", config.functionName},
                         {"faas.version", config.versionId},
                         {"faas.invocation_id", requestId_}}};
}

void InvocationTrace::send(observe::Span span) const {
  if (span.context.sampled()) traces_.add(spec_->configuration.jaegerEndpoint, std::move(span));
}

void InvocationTrace::coldStart(const scheduler::StartTimes& times, bool failed) const {
  if (!context_) return;
  observe::Span start = spanOf(observe::childOf(*context_), "ColdStart", times.begin, times.end);
  start.failed = failed;
  if (times.initializer) {
    observe::Span initializer = spanOf(observe::childOf(start.context), "Initializer",
                                       times.initializer->begin, times.initializer->end);
    initializer.failed = failed;
    send(std::move(initializer));
  }
  send(std::move(start));
}

void InvocationTrace::ended(const Outcome& outcome, SteadyTime now) {
  if (!context_) return;
  observe::Span span = spanOf(*context_, "InvokeFunction", begun_, now);
  span.entry = true;
  span.attributes.emplace_back("faas.coldstart", outcome.coldStart);
  if (!outcome.instanceId.empty()) {
    span.attributes.emplace_back("faas.instance", outcome.instanceId);
  }
  const std::string_view errorType = errorTypeOf(outcome.kind);
  if (!errorType.empty()) {
    span.failed = true;
    span.attributes.emplace_back("error.type", std::string(errorType));
  }
  send(std::move(span));
}

void InvocationTrace::refused(std::string_view errorCode, SteadyTime now) {
  if (!context_) return;
  observe::Span span = spanOf(*context_, "InvokeFunction", begun_, now);
  span.entry = true;
  span.failed = true;
  span.attributes.emplace_back("error.type", std::string(errorCode));
  send(std::move(span));
}

}  // namespace openfc::invoke
