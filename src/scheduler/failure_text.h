#pragma once

#include "base/clock.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// Bodies of function errors that the platform itself reports (runtime-contract 1.11).
namespace openfc::scheduler {

/// {"errorMessage":"Process exited unexpectedly before completing request (duration: 45ms,
/// maxMemoryUsage: 49.00MB)"}; where the process was killed at `memoryLimit` (MB) that is added.
std::string processExitedBody(Duration duration, double memoryMb,
                              std::optional<int> memoryLimit = std::nullopt);
/// {"errorMessage":"Function timed out after 3 seconds (maxMemoryUsage: 112.24MB)"}; `what` =
/// "Function".
std::string timedOutBody(std::string_view what, std::chrono::seconds limit, double memoryMb);

/// {"errorMessage":"The function cannot be started. mount at /mnt/x: …"}
std::string notStartedBody(std::string_view reason);

}  // namespace openfc::scheduler
