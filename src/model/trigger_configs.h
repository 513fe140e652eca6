#pragma once

#include "schema/shape.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What `triggerConfig` holds for each type of trigger but eventbridge (runtime-contract 5).
/// Members that may be absent are optional, because a configuration comes back without added
/// defaults; the functions beside them say what is meant.
namespace openfc::model {

/// Who may call an HTTP trigger with a token, and what of the token the function sees.
struct JwtConfig {
  schema::Json jwks;  // a JSON Web Key Set
  std::optional<std::vector<std::string>> tokenLookup;
  std::optional<std::vector<std::string>> claimPassBy;
  std::optional<std::vector<std::string>> whiteList;
  std::optional<std::vector<std::string>> blackList;
  bool operator==(const JwtConfig&) const = default;
};

struct HttpTriggerConfig {
  std::string authType;
  std::optional<std::vector<std::string>> methods;
  std::optional<bool> disableURLInternet;
  std::optional<JwtConfig> authConfig;
  bool operator==(const HttpTriggerConfig&) const = default;

  /// Whether the trigger serves requests of this method: none named = all.
  bool allows(std::string_view method) const;
};

struct TimerTriggerConfig {
  std::string cronExpression;
  std::optional<std::string> payload;
  std::optional<bool> enable;
  bool operator==(const TimerTriggerConfig&) const = default;

  bool enabled() const { return enable.value_or(true); }
};

struct OssKeyFilter {
  std::optional<std::string> prefix;
  std::optional<std::string> suffix;
  bool operator==(const OssKeyFilter&) const = default;
};

struct OssFilter {
  std::optional<OssKeyFilter> key;
  bool operator==(const OssFilter&) const = default;
};

struct OssTriggerConfig {
  std::vector<std::string> events;
  std::optional<OssFilter> filter;
  bool operator==(const OssTriggerConfig&) const = default;
};

struct LogSource {
  std::string logstore;
  bool operator==(const LogSource&) const = default;
};

struct LogJob {
  std::optional<int> maxRetryTime;
  std::optional<int> triggerInterval;  // seconds
  bool operator==(const LogJob&) const = default;
};

/// Where the job writes what it does.
struct LogJobLog {
  std::optional<std::string> project;
  std::optional<std::string> logstore;
  bool operator==(const LogJobLog&) const = default;
};

struct LogTriggerConfig {
  LogSource sourceConfig;
  std::optional<LogJob> jobConfig;
  std::optional<schema::Json> functionParameter;
  std::optional<LogJobLog> logConfig;
  std::optional<bool> enable;
  bool operator==(const LogTriggerConfig&) const = default;

  bool enabled() const { return enable.value_or(true); }
};

struct TablestoreTriggerConfig {
  bool operator==(const TablestoreTriggerConfig&) const = default;
};

struct CdnTriggerConfig {
  std::string eventName;
  std::optional<std::string> eventVersion;
  std::optional<std::string> notes;
  std::optional<std::map<std::string, std::vector<std::string>>> filter;
  bool operator==(const CdnTriggerConfig&) const = default;
};

struct MnsTriggerConfig {
  std::optional<std::string> notifyContentFormat;
  std::optional<std::string> notifyStrategy;
  std::optional<std::string> filterTag;
  bool operator==(const MnsTriggerConfig&) const = default;

  std::string contentFormat() const { return notifyContentFormat.value_or("STREAM"); }
  std::string strategy() const { return notifyStrategy.value_or("BACKOFF_RETRY"); }
};

const schema::Shape& shapeOf(const JwtConfig*);
const schema::Shape& shapeOf(const HttpTriggerConfig*);
const schema::Shape& shapeOf(const TimerTriggerConfig*);
const schema::Shape& shapeOf(const OssKeyFilter*);
const schema::Shape& shapeOf(const OssFilter*);
const schema::Shape& shapeOf(const OssTriggerConfig*);
const schema::Shape& shapeOf(const LogSource*);
const schema::Shape& shapeOf(const LogJob*);
const schema::Shape& shapeOf(const LogJobLog*);
const schema::Shape& shapeOf(const LogTriggerConfig*);
const schema::Shape& shapeOf(const TablestoreTriggerConfig*);
const schema::Shape& shapeOf(const CdnTriggerConfig*);
const schema::Shape& shapeOf(const MnsTriggerConfig*);

/// One more rule of a whole configuration, "" = it is kept.
std::string problemOf(const HttpTriggerConfig& config);

}  // namespace openfc::model
