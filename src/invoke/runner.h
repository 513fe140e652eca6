#pragma once

#include "invoke/directory.h"
#include "invoke/invocation_run.h"
#include "invoke/invocation_trace.h"
#include "invoke/invoker.h"
#include "observe/metrics.h"
#include "scheduler/fleet.h"
#include "scheduler/function_report.h"

#include <string>
#include <unordered_map>

namespace openfc::invoke {

/// The Invoker of this node.
class Runner final : public Invoker {
public:
  Runner(net::EventLoop& loop, Directory& directory, scheduler::Fleet& fleet,
         observe::Metrics& metrics, observe::Traces& traces);

  Task<Outcome> invoke(Invocation invocation, Cancellation& cancellation) override;

private:
  struct Meters {
    observe::Counter* ok;
    observe::Counter* functionError;
    observe::Counter* cancelled;
    observe::Counter* timeouts;
    observe::Histogram* duration;
  };

  Task<scheduler::Acquired> acquire(scheduler::SpecPtr spec, runtime::Call call,
                                    std::shared_ptr<scheduler::InvocationLog> log,
                                    InvocationTrace& trace, Cancellation& cancellation);
  void count(const scheduler::FunctionSpec& spec, const Outcome& outcome, bool timedOut);
  void report(const scheduler::FunctionSpec& spec, const std::string& requestId, const Ran& ran);
  Meters& metersOf(const scheduler::FunctionSpec& spec);

  net::EventLoop& loop_;
  Directory& directory_;
  scheduler::Fleet& fleet_;
  observe::Metrics& metrics_;
  observe::Traces& traces_;
  scheduler::FunctionReport report_;
  std::unordered_map<std::string, Meters> meters_;
};

}  // namespace openfc::invoke
