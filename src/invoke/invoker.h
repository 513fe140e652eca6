#pragma once

#include "base/byte_budget.h"
#include "base/cancellation.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/loop.h"
#include "base/task.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace openfc::invoke {

/// One synchronous invocation, already authenticated and authorized.
struct Invocation {
  std::string accountId;
  std::string serviceName;
  std::string qualifier;  // as the caller wrote it; "" = LATEST
  std::string functionName;
  std::string requestId;
  std::string event;
  /// What the event is counted in, and the answer after it; null = nothing is counted.
  std::shared_ptr<ByteBudget::Share> bytes;
  bool wantsLog = false;  // X-Fc-Log-Type: Tail
  std::string spanContext;
  std::map<std::string, std::string> baggage;
};

/// What came of it (runtime-contract 1.11). Refusals before the function ran are thrown as Error
/// instead.
struct Outcome {
  enum class Kind { success, handledError, unhandledError, cancelled };
  Kind kind = Kind::success;
  std::string body;
  std::string contentType = "application/octet-stream";
  std::string logTail;  // plain text, at most 4096 bytes; only when wanted
  std::string instanceId;
  std::string versionId = "LATEST";
  std::uint64_t codeChecksum = 0;
  Duration duration{};
  double memoryMb = 0;  // highest of this invocation
  int memorySize = 0;   // MB, the function's limit
  bool coldStart = false;
  std::optional<Error> refused;  // there was no room for the answer: thrown instead
};

/// "Duration: 1.20 ms, Billed Duration: 2 ms, Memory Size: 128 MB, Max Memory Used: 9.50 MB", as it
/// ends the log of an invocation.
std::string summaryOf(const Outcome& outcome);

using openfc::Cancellation;

/// Runs functions. Belongs to the loop.
class Invoker {
public:
  virtual ~Invoker() = default;
  /// Throws Error: serviceNotFound, functionNotFound, versionNotFound, aliasNotFound,
  /// resourceExhausted (429), resourceThrottled (503); the last two also when the
  /// function has run and there is no room for its answer. `cancellation` must live until the task
  /// ends.
  virtual Task<Outcome> invoke(Invocation invocation, Cancellation& cancellation) = 0;
};

}  // namespace openfc::invoke
