#include "model/trigger_configs.h"

#include "base/cron.h"

#include <algorithm>

namespace openfc::model {
namespace {

using schema::checkedBy;
using schema::field;
using schema::Field;
using schema::Rules;
using schema::Shape;
using schema::Support;

constexpr std::size_t longText = 4096;
constexpr std::size_t manyItems = 100;
constexpr std::string_view notFired =
    "Kept for what fires triggers; the server fires none of this type.";

constexpr std::string_view authTypes[] = {"anonymous", "function", "jwt"};
constexpr std::string_view httpMethods[] = {"GET",  "POST",  "PUT",    "DELETE",
                                            "HEAD", "PATCH", "OPTIONS"};
constexpr std::string_view ossEvents[] = {
    "oss:ObjectCreated:*",
    "oss:ObjectCreated:PutObject",
    "oss:ObjectCreated:PutSymlink",
    "oss:ObjectCreated:PostObject",
    "oss:ObjectCreated:CopyObject",
    "oss:ObjectCreated:InitiateMultipartUpload",
    "oss:ObjectCreated:UploadPart",
    "oss:ObjectCreated:UploadPartCopy",
    "oss:ObjectCreated:CompleteMultipartUpload",
    "oss:ObjectCreated:AppendObject",
    "oss:ObjectRemoved:DeleteObject",
    "oss:ObjectRemoved:DeleteObjects",
    "oss:ObjectRemoved:AbortMultipartUpload",
    "oss:ObjectReplication:ObjectCreated",
    "oss:ObjectReplication:ObjectRemoved",
    "oss:ObjectReplication:ObjectModified",
};
constexpr std::string_view cdnEvents[] = {
    "CachedObjectsRefreshed", "CachedObjectsPushed", "CachedObjectsBlocked", "LogFileCreated",
    "CdnDomainStarted",       "CdnDomainStopped",    "CdnDomainAdded",       "CdnDomainDeleted",
};
constexpr std::string_view contentFormats[] = {"STREAM", "JSON"};
constexpr std::string_view strategies[] = {"BACKOFF_RETRY", "EXPONENTIAL_DECAY_RETRY"};

/// The rules of a member that only the firing of triggers looks at.
constexpr Rules kept(Rules rules) {
  rules.support = Support::recorded;
  rules.supportNote = notFired;
  return rules;
}

/// The same for members that are left out of JSON when clients have not sent them.
constexpr Rules asSent(Rules rules = {}) {
  rules.omitNull = true;
  return kept(rules);
}

std::string cronProblem(const std::string& expression) {
  const auto cron = Cron::parse(expression);
  return cron ? "" : "cronExpression: " + cron.error();
}

std::string eventsProblem(const std::vector<std::string>& events) {
  return events.empty() ? "events must not be empty" : "";
}

std::string parametersProblem(const schema::Json& parameters) {
  return parameters.text.starts_with('{') ? "" : "functionParameter must be an object";
}

}  // namespace

const Shape& shapeOf(const JwtConfig*) {
  using T = JwtConfig;
  static constexpr Field fields[] = {
      field<&T::jwks>("jwks", "JSON Web Key Set that tokens are checked with.",
                      kept({.required = true})),
      field<&T::tokenLookup>("tokenLookup", "Where tokens stand in requests.",
                             asSent({.maxLength = 1024, .maxItems = manyItems})),
      field<&T::claimPassBy>("claimPassBy", "Claims that the function gets, and how.",
                             asSent({.maxLength = 1024, .maxItems = manyItems})),
      field<&T::whiteList>("whiteList", "Paths that alone need a token.",
                           asSent({.maxLength = 1024, .maxItems = manyItems})),
      field<&T::blackList>("blackList", "Paths that need no token.",
                           asSent({.maxLength = 1024, .maxItems = manyItems})),
  };
  static constexpr Shape shape = schema::shape<T>("JwtConfig", fields);
  return shape;
}

const Shape& shapeOf(const HttpTriggerConfig*) {
  using T = HttpTriggerConfig;
  static constexpr Field fields[] = {
      field<&T::authType>("authType", "Who may call: anybody, or who signs.",
                          kept({.required = true, .oneOf = authTypes})),
      field<&T::methods>("methods", "Methods that are served; empty = all.",
                         asSent({.maxItems = manyItems, .oneOf = httpMethods})),
      field<&T::disableURLInternet>("disableURLInternet",
                                    "Refuse calls that do not come by a custom domain.", asSent()),
      field<&T::authConfig>("authConfig", "How tokens are checked, for authType jwt.", asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("HttpTriggerConfig", fields);
  return shape;
}

const Shape& shapeOf(const TimerTriggerConfig*) {
  using T = TimerTriggerConfig;
  static constexpr Field fields[] = {
      field<&T::cronExpression>(
          "cronExpression",
          "When it is due: six fields, in UTC or behind `CRON_TZ=<zone> `; or `@every 5m`.",
          kept({.required = true, .maxLength = 256, .check = checkedBy<&cronProblem>})),
      field<&T::payload>("payload", "Text in the event.", asSent({.maxLength = 128 << 10})),
      field<&T::enable>("enable", "Whether it fires; absent = true.", asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("TimerTriggerConfig", fields);
  return shape;
}

const Shape& shapeOf(const OssKeyFilter*) {
  using T = OssKeyFilter;
  static constexpr Field fields[] = {
      field<&T::prefix>("prefix", "How object names begin.", asSent({.maxLength = 1023})),
      field<&T::suffix>("suffix", "How object names end.", asSent({.maxLength = 1023})),
  };
  static constexpr Shape shape = schema::shape<T>("OssKeyFilter", fields);
  return shape;
}

const Shape& shapeOf(const OssFilter*) {
  using T = OssFilter;
  static constexpr Field fields[] = {field<&T::key>("key", "Which object names.", asSent())};
  static constexpr Shape shape = schema::shape<T>("OssFilter", fields);
  return shape;
}

const Shape& shapeOf(const OssTriggerConfig*) {
  using T = OssTriggerConfig;
  static constexpr Field fields[] = {
      field<&T::events>("events", "What happens to an object.",
                        kept({.required = true,
                              .maxItems = manyItems,
                              .oneOf = ossEvents,
                              .check = checkedBy<&eventsProblem>})),
      field<&T::filter>("filter", "Which objects; absent = all.", asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("OssTriggerConfig", fields);
  return shape;
}

const Shape& shapeOf(const LogSource*) {
  using T = LogSource;
  static constexpr Field fields[] = {
      field<&T::logstore>("logstore", "Log store of the source's project.",
                          kept({.required = true, .minLength = 1, .maxLength = 256}))};
  static constexpr Shape shape = schema::shape<T>("LogSource", fields);
  return shape;
}

const Shape& shapeOf(const LogJob*) {
  using T = LogJob;
  static constexpr Field fields[] = {
      field<&T::maxRetryTime>("maxRetryTime", "Attempts after a failed call.",
                              asSent({.min = 0, .max = 100})),
      field<&T::triggerInterval>("triggerInterval", "Seconds between two calls.",
                                 asSent({.min = 3, .max = 600})),
  };
  static constexpr Shape shape = schema::shape<T>("LogJob", fields);
  return shape;
}

const Shape& shapeOf(const LogJobLog*) {
  using T = LogJobLog;
  static constexpr Field fields[] = {
      field<&T::project>("project", "Its project.", asSent({.maxLength = 256})),
      field<&T::logstore>("logstore", "Its log store.", asSent({.maxLength = 256})),
  };
  static constexpr Shape shape = schema::shape<T>("LogJobLog", fields);
  return shape;
}

const Shape& shapeOf(const LogTriggerConfig*) {
  using T = LogTriggerConfig;
  static constexpr Field fields[] = {
      field<&T::sourceConfig>("sourceConfig", "What is read.", kept({.required = true})),
      field<&T::jobConfig>("jobConfig", "How often.", asSent()),
      field<&T::functionParameter>("functionParameter", "An object that the event holds.",
                                   asSent({.check = checkedBy<&parametersProblem>})),
      field<&T::logConfig>("logConfig", "Where the job writes what it does.", asSent()),
      field<&T::enable>("enable", "Whether it fires; absent = true.", asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("LogTriggerConfig", fields);
  return shape;
}

const Shape& shapeOf(const TablestoreTriggerConfig*) {
  static constexpr Shape shape = schema::shape<TablestoreTriggerConfig>("TablestoreTriggerConfig");
  return shape;
}

const Shape& shapeOf(const CdnTriggerConfig*) {
  using T = CdnTriggerConfig;
  static constexpr Field fields[] = {
      field<&T::eventName>("eventName", "What happens.",
                           kept({.required = true, .oneOf = cdnEvents})),
      field<&T::eventVersion>("eventVersion", "Form of the event; 1.0.0.",
                              asSent({.maxLength = 32})),
      field<&T::notes>("notes", "Free text.", asSent({.maxLength = longText})),
      field<&T::filter>("filter", "Values by name; `domain` lists domains.",
                        asSent({.maxLength = 1024, .maxItems = manyItems})),
  };
  static constexpr Shape shape = schema::shape<T>("CdnTriggerConfig", fields);
  return shape;
}

const Shape& shapeOf(const MnsTriggerConfig*) {
  using T = MnsTriggerConfig;
  static constexpr Field fields[] = {
      field<&T::notifyContentFormat>("notifyContentFormat", "Form of the event; absent = STREAM.",
                                     asSent({.oneOf = contentFormats})),
      field<&T::notifyStrategy>("notifyStrategy",
                                "How failed pushes are repeated; absent = BACKOFF_RETRY.",
                                asSent({.oneOf = strategies})),
      field<&T::filterTag>("filterTag", "Only messages with this tag.", asSent({.maxLength = 16})),
  };
  static constexpr Shape shape = schema::shape<T>("MnsTriggerConfig", fields);
  return shape;
}

bool HttpTriggerConfig::allows(std::string_view method) const {
  return !methods || methods->empty() || std::ranges::find(*methods, method) != methods->end();
}

std::string problemOf(const HttpTriggerConfig& config) {
  if (config.authType != "jwt" || config.authConfig) return "";
  return "authConfig is required for authType jwt";
}

}  // namespace openfc::model
