#pragma once

#include "base/loop.h"
#include "base/ration.h"
#include "scheduler/function_spec.h"

#include <chrono>
#include <string>
#include <string_view>

namespace openfc::scheduler {

/// What happens to functions, for the operator: one line each in the server's log, and only so many
/// of a kind and function in a while; the next one then tells how many were left out. Belongs to
/// the loop.
class FunctionReport {
public:
  explicit FunctionReport(const Loop& loop) : loop_(loop) {}

  void coldStart(const FunctionSpec& spec, const std::string& instanceId, bool pooled,
                 Duration duration);
  /// The function's own fault …
  void notStarted(const FunctionSpec& spec, std::string_view reason);
  /// … and the platform's.
  void notMade(const FunctionSpec& spec, std::string_view reason);
  void memoryKilled(const FunctionSpec& spec, const std::string& instanceId);
  void failed(const FunctionSpec& spec, const std::string& requestId, std::string_view body);
  void timedOut(const FunctionSpec& spec, const std::string& requestId);

private:
  /// "a function failed", with the number of such lines that were held back; "" = hold this one
  /// back.
  std::string line(std::string_view text, const FunctionSpec& spec);

  const Loop& loop_;
  Ration ration_{5, std::chrono::seconds(10)};
};

}  // namespace openfc::scheduler
