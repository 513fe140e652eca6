#pragma once

#include "base/clock.h"
#include "model/document.h"
#include "model/eventbridge_config.h"
#include "model/trigger_configs.h"

#include <optional>
#include <string>
#include <string_view>

namespace openfc::model {

inline constexpr std::string_view httpTrigger = "http";
inline constexpr std::string_view timerTrigger = "timer";
inline constexpr std::string_view eventBridgeTrigger = "eventbridge";

/// Every type of trigger (api-spec T-08), and the shapes of their configurations.
inline constexpr std::string_view triggerTypes[] = {
    "oss", "log", "timer", "http", "tablestore", "cdn_events", "mns_topic", "eventbridge"};
inline constexpr schema::ShapeOf triggerConfigShapes[] = {
    &schema::shapeFor<OssTriggerConfig>,        &schema::shapeFor<LogTriggerConfig>,
    &schema::shapeFor<TimerTriggerConfig>,      &schema::shapeFor<HttpTriggerConfig>,
    &schema::shapeFor<TablestoreTriggerConfig>, &schema::shapeFor<CdnTriggerConfig>,
    &schema::shapeFor<MnsTriggerConfig>,        &schema::shapeFor<EventBridgeTriggerConfig>,
};

/// One trigger of a function. It is kept twice, under its own key and under that of what fires it
/// (keys.h), so that firing needs one read.
struct Trigger {
  std::string triggerName;
  std::string triggerId;
  std::string description;
  std::string triggerType;
  schema::Json triggerConfig;  // an object of the type's shape
  std::optional<std::string> sourceArn;
  std::string invocationRole;
  std::optional<std::string> qualifier;  // as given; nothing = LATEST
  Time createdTime;
  Time lastModifiedTime;
  std::string accountId;
  std::string serviceName;
  std::string functionName;
  bool operator==(const Trigger&) const = default;
};

const schema::Shape& shapeOf(const Trigger*);

/// One kind of trigger: a row in trigger.cpp each.
struct TriggerType {
  std::string_view name;
  bool fromSource;  // clients say which resource fires it, and the role that it calls with
  bool changeable;  // UpdateTrigger takes it
  std::string_view sourceForm;  // of sourceArn, for messages
  /// Whether this is what stands behind the account in a sourceArn.
  bool (*isSource)(std::string_view product, std::string_view resource);
  /// The configuration of `given` upon that of `stored`, which is null for a new trigger.
  std::string (*merged)(const schema::Json* stored, const schema::Json& given,
                        schema::Problems& problems);
};

/// Null for a type that there is not.
const TriggerType* findTriggerType(std::string_view name);

/// A trigger's configuration, e.g. configOf<TimerTriggerConfig>(trigger).
template <class Config>
Config configOf(const Trigger& trigger) {
  return schema::fromText<Config>(trigger.triggerConfig.text, schema::Source::store);
}

/// The parts of an event source's ARN.
struct SourceArn {
  std::string product;
  std::string region;
  std::string account;   // may be empty
  std::string resource;  // all behind the account
  bool operator==(const SourceArn&) const = default;
};
std::optional<SourceArn> sourceArnOf(std::string_view arn);

/// What is wrong with the source that a client has named for a trigger of an account, "" = nothing.
/// Sources of other accounts are refused: their events are not this account's.
std::string sourceProblem(const TriggerType& type, std::string_view arn, std::string_view account);

/// The ARN of the rule that stands for an eventbridge trigger (wire-contract 2.5).
std::string eventBridgeArn(const Trigger& trigger, std::string_view region);

/// The qualifier with which it calls its function: LATEST, a version or an alias.
std::string qualifierOf(const Trigger& trigger);

std::string triggerKey(const Trigger& trigger);
/// The key under which what fires it finds it.
std::string triggerSourceKey(const Trigger& trigger);

}  // namespace openfc::model
