#include "scheduler/failure_text.h"

#include "base/log.h"

#include <fmt/core.h>

namespace openfc::scheduler {

std::string processExitedBody(Duration duration, double memoryMb, std::optional<int> memoryLimit) {
  return fmt::format(
      R"x({{"errorMessage":"Process exited unexpectedly before completing request (duration: {}ms, maxMemoryUsage: {:.2f}MB){}"}})x",
      std::chrono::duration_cast<std::chrono::milliseconds>(duration).count(), memoryMb,
      memoryLimit
          ? fmt::format(": it was killed at its memory limit (memorySize {}MB)", *memoryLimit)
          : "");
}

std::string timedOutBody(std::string_view what, std::chrono::seconds limit, double memoryMb) {
  return fmt::format(
      R"x({{"errorMessage":"{} timed out after {} seconds (maxMemoryUsage: {:.2f}MB)"}})x", what,
      limit.count(), memoryMb);
}

std::string notStartedBody(std::string_view reason) {
  std::string body = R"({"errorMessage":)";
  log::appendJson(body, fmt::format("The function cannot be started. {}", reason));
  return body + '}';
}

}  // namespace openfc::scheduler
