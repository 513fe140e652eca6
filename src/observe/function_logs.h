#pragma once

#include "base/clock.h"
#include "base/loop.h"
#include "base/task.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::observe {

/// One line that a function printed (or an FC Invoke Start/End line).
struct LogRecord {
  std::uint64_t cursor = 0;  // grows within one function
  Time time;
  std::string instanceId;
  std::string requestId;             // "" = printed outside of any invocation
  std::string text;                  // without the line end, at most 32 KB
  std::string versionId = "LATEST";  // of the instance
};

struct LogQuery {
  std::string accountId;
  std::string serviceName;
  std::string functionName;
  std::uint64_t after = 0;  // cursor of the last record already seen
  std::size_t limit = 1000;
  std::optional<std::string> requestId;
  std::optional<std::string> contains;
  std::optional<std::string> versionId;
  Time since;
  Duration wait{};  // how long to wait for a first record when there is none
};

/// What functions print, kept in bounded segments per function whether or not logConfig is set.
/// Belongs to the loop; files are written on a worker thread.
class FunctionLogs {
public:
  virtual ~FunctionLogs() = default;
  virtual Task<std::vector<LogRecord>> read(LogQuery query) = 0;
};

}  // namespace openfc::observe
