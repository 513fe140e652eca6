#pragma once

#include "base/clock.h"
#include "base/loop.h"
#include "base/task.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
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
  bool wantsLog = false;  // X-Fc-Log-Type: Tail
  std::string spanContext;
  std::map<std::string, std::string> baggage;
};

/// What came of it (runtime-contract 1.11). Refusals before the function ran are thrown as Error instead.
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
  bool coldStart = false;
};

/// Lets the side that waits for an invocation call it off (the client went away). Same thread as the invocation.
class Cancellation {
 public:
  void cancel() {
    cancelled_ = true;
    if (function_) std::exchange(function_, nullptr)();
  }
  bool cancelled() const { return cancelled_; }
  /// What to do on cancel(); nullptr = nothing any more.
  void onCancel(Loop::Function function) { function_ = std::move(function); }

 private:
  bool cancelled_ = false;
  Loop::Function function_;
};

/// Runs functions. Belongs to the loop.
class Invoker {
 public:
  virtual ~Invoker() = default;
  /// Throws Error: serviceNotFound, functionNotFound, versionNotFound, aliasNotFound, resourceExhausted (429),
  /// resourceThrottled (503). `cancellation` must live until the task ends.
  virtual Task<Outcome> invoke(Invocation invocation, Cancellation& cancellation) = 0;
};

}  // namespace openfc::invoke
