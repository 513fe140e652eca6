#pragma once

#include "api/context.h"
#include "schema/shape.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What a function printed, as the command line and the console read it.
namespace openfc::api {

struct ReadFunctionLogs {
  std::string serviceName;
  std::string qualifier;  // "" = the lines of every version
  std::string functionName;
  std::int64_t after = 0;
  int limit = 1000;
  int wait = 0;  // seconds
  std::optional<std::string> requestId;
  std::optional<std::string> contains;
  std::optional<Time> since;
};

struct LogLine {
  std::int64_t cursor = 0;
  std::string time;  // with milliseconds
  std::string instanceId;
  std::string requestId;
  std::string text;
  std::string versionId;
};

struct LogPage {
  std::vector<LogLine> records;
  std::int64_t next = 0;  // what to ask for with `after`
};

const schema::Shape& shapeOf(const ReadFunctionLogs*);
const schema::Shape& shapeOf(const LogLine*);
const schema::Shape& shapeOf(const LogPage*);

Task<LogPage> readFunctionLogs(Context context, ReadFunctionLogs input);

}  // namespace openfc::api
