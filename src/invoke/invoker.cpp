#include "invoke/invoker.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace openfc::invoke {

std::string summaryOf(const Outcome& outcome) {
  const double milliseconds = std::chrono::duration<double, std::milli>(outcome.duration).count();
  return fmt::format(
      "Duration: {:.2f} ms, Billed Duration: {:.0f} ms, Memory Size: {} MB, Max Memory Used: "
      "{:.2f} MB",
      milliseconds, std::max(1.0, std::ceil(milliseconds)), outcome.memorySize, outcome.memoryMb);
}

}  // namespace openfc::invoke
