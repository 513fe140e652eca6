#pragma once

#include "base/workers.h"
#include "observe/function_logs.h"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

namespace openfc::observe {

struct LogLimits {
  std::size_t segmentBytes = 1u << 20;
  /// What is kept of one function, beside the segment being written; the oldest goes first.
  std::size_t bytes = 8u << 20;
  std::size_t bufferBytes =
      4u << 20;  // waiting for the disk; beyond it lines are dropped and counted
  Duration flushDelay = std::chrono::milliseconds(200);
};

/// FunctionLogs in segment files: <root>/<account>/<service>/<function>/<first cursor>.log. Belongs
/// to the loop.
class SegmentLogs final : public FunctionLogs {
public:
  SegmentLogs(std::filesystem::path root, Loop& loop, Workers& workers, const Clock& clock,
              LogLimits limits = {});
  ~SegmentLogs() override;

  /// One function's log. Lives as long as this object.
  class Stream;
  Stream& stream(const std::string& accountId, const std::string& serviceName,
                 const std::string& functionName);
  /// Keeps one line; sets its cursor, and its time when it has none. Never waits and never throws.
  void append(Stream& stream, LogRecord record);
  Task<std::vector<LogRecord>> read(LogQuery query) override;
  /// Resumes when all that was appended has been given to the system.
  Task<> flush();

private:
  struct Waiter;
  Task<> flushStream(Stream& stream);
  Task<> writeOut(Stream& stream);
  void scheduleFlush(Stream& stream);
  Task<bool> news(Stream& stream, Duration wait);

  std::filesystem::path root_;
  Loop& loop_;
  Workers& workers_;
  const Clock& clock_;
  LogLimits limits_;
  std::map<std::tuple<std::string, std::string, std::string>, std::unique_ptr<Stream>> streams_;
};

}  // namespace openfc::observe
