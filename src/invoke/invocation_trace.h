#pragma once

#include "invoke/invoker.h"
#include "observe/traces.h"
#include "runtime/worker.h"
#include "scheduler/instance.h"

#include <optional>

namespace openfc::invoke {

/// The spans of one invocation: InvokeFunction, and below it ColdStart and Initializer when an
/// instance was started for it. Does nothing for a service without tracingConfig, whose functions
/// see no context either (runtime-contract 1.8). Belongs to the loop.
class InvocationTrace {
public:
  /// Continues the caller's trace when `invocation` names one, else begins a new one.
  InvocationTrace(observe::Traces& traces, scheduler::SpecPtr spec, const Invocation& invocation,
                  SteadyTime begun);
  InvocationTrace(const InvocationTrace&) = delete;
  InvocationTrace& operator=(const InvocationTrace&) = delete;

  /// What the function is handed, to make its own spans children of this one.
  void describe(runtime::Call& call) const;
  void coldStart(const scheduler::StartTimes& times, bool failed) const;
  void ended(const Outcome& outcome, SteadyTime now);
  /// It was refused: no instance, no memory, too many at once.
  void refused(std::string_view errorCode, SteadyTime now);

private:
  observe::Span spanOf(const observe::SpanContext& context, std::string name, SteadyTime begin,
                       SteadyTime end) const;
  void send(observe::Span span) const;

  observe::Traces& traces_;
  scheduler::SpecPtr spec_;
  std::optional<observe::SpanContext> context_;  // nothing: not traced
  std::string requestId_;
  std::map<std::string, std::string> baggage_;
  SteadyTime begun_;
};

}  // namespace openfc::invoke
