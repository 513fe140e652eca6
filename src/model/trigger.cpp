#include "model/trigger.h"

#include "model/keys.h"
#include "model/names.h"
#include "schema/json.h"

#include <boost/json/value.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace openfc::model {
namespace {

using schema::field;
using schema::Field;
using schema::Json;
using schema::Problems;
using schema::Shape;

constexpr std::size_t maxResource = 512;

/// Names of buckets, projects, instances and the like.
bool isName(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= 256 && std::ranges::all_of(text, allowed);
}

/// The name behind `before`; nothing when the text does not begin so or no name follows.
bool isNameBehind(std::string_view before, std::string_view text) {
  return text.starts_with(before) && isName(text.substr(before.size()));
}

bool isBucket(std::string_view product, std::string_view resource) {
  return product == "oss" && isName(resource);
}
bool isProject(std::string_view product, std::string_view resource) {
  return product == "log" && isNameBehind("project/", resource);
}
bool isTable(std::string_view product, std::string_view resource) {
  constexpr std::string_view middle = "/table/";
  const auto place = resource.find(middle);
  return product == "ots" && place != std::string_view::npos &&
         isNameBehind("instance/", resource.substr(0, place)) &&
         isName(resource.substr(place + middle.size()));
}
bool isCdn(std::string_view product, std::string_view resource) {
  return product == "cdn" && resource.empty();
}
bool isTopic(std::string_view product, std::string_view resource) {
  return product == "mns" && isNameBehind("/topics/", resource);
}
bool isNothing(std::string_view, std::string_view) { return false; }

std::string problemOf(const auto& /*config*/) { return ""; }

template <class Config>
std::string merged(const Json* stored, const Json& given, Problems& problems) {
  const boost::json::value value = schema::parseJson(given.text);
  Config config;
  if (stored == nullptr) {
    schema::readBody(schema::shapeFor<Config>(), &config, value, schema::Source::client, problems);
  } else {
    config = schema::fromText<Config>(stored->text, schema::Source::store);
    schema::readPartial<Config>(value, problems).applyTo(config);
  }
  if (problems.empty()) {
    if (std::string problem = problemOf(config); !problem.empty()) problems.add(std::move(problem));
  }
  return schema::toText(config);
}

constexpr TriggerType types[] = {
    {"oss", true, true, "acs:oss:<region>:<account>:<bucket>", isBucket, merged<OssTriggerConfig>},
    {"log", true, true, "acs:log:<region>:<account>:project/<project>", isProject,
     merged<LogTriggerConfig>},
    {timerTrigger, false, true, "", isNothing, merged<TimerTriggerConfig>},
    {httpTrigger, false, true, "", isNothing, merged<HttpTriggerConfig>},
    {"tablestore", true, false, "acs:ots:<region>:<account>:instance/<instance>/table/<table>",
     isTable, merged<TablestoreTriggerConfig>},
    {"cdn_events", true, true, "acs:cdn:*:<account>", isCdn, merged<CdnTriggerConfig>},
    {"mns_topic", true, false, "acs:mns:<region>:<account>:/topics/<topic>", isTopic,
     merged<MnsTriggerConfig>},
    {eventBridgeTrigger, false, true, "", isNothing, merged<EventBridgeTriggerConfig>},
};

static_assert(std::ranges::equal(types, triggerTypes, {}, &TriggerType::name),
              "the lists of the header are in the order of the table");

}  // namespace

const Shape& shapeOf(const Trigger*) {
  using T = Trigger;
  static constexpr Field fields[] = {
      field<&T::triggerName>("triggerName", "Name, unique in the function."),
      field<&T::triggerId>("triggerId", "Stays for the trigger's life.", {.readOnly = true}),
      field<&T::description>("description", "Free text."),
      field<&T::triggerType>("triggerType", "What fires it."),
      field<&T::triggerConfig>("triggerConfig", "Settings of that type.",
                               {.variants = triggerConfigShapes}),
      field<&T::sourceArn>("sourceArn", "ARN of what fires it; null for timer and http."),
      field<&T::invocationRole>("invocationRole", "ARN of the role that the source calls with."),
      field<&T::qualifier>("qualifier", "Version or alias; null = LATEST."),
      field<&T::createdTime>("createdTime", "When it was created.", {.readOnly = true}),
      field<&T::lastModifiedTime>("lastModifiedTime", "When it was last changed.",
                                  {.readOnly = true}),
      field<&T::accountId>("accountId", "Whose it is.", {.stored = true}),
      field<&T::serviceName>("serviceName", "The service.", {.stored = true}),
      field<&T::functionName>("functionName", "The function.", {.stored = true}),
  };
  static constexpr Shape shape = schema::shape<T>("Trigger", fields);
  return shape;
}

const TriggerType* findTriggerType(std::string_view name) {
  const auto* found = std::ranges::find(types, name, &TriggerType::name);
  return found == std::end(types) ? nullptr : found;
}

std::optional<SourceArn> sourceArnOf(std::string_view arn) {
  std::string_view parts[4];  // acs, product, region, account
  for (std::string_view& part : parts) {
    const auto colon = arn.find(':');
    part = arn.substr(0, colon);
    // What has no parts behind its account ends there: acs:cdn:*:1000.
    if (colon == std::string_view::npos && &part != &parts[3]) return {};
    arn.remove_prefix(std::min(arn.size(), part.size() + 1));
  }
  if (parts[0] != "acs") return {};
  return SourceArn{.product = std::string(parts[1]),
                   .region = std::string(parts[2]),
                   .account = std::string(parts[3]),
                   .resource = std::string(arn)};
}

std::string sourceProblem(const TriggerType& type, std::string_view arn, std::string_view account) {
  const auto source = sourceArnOf(arn);
  if (!source || arn.size() > maxResource || !type.isSource(source->product, source->resource)) {
    return fmt::format(
        "SourceArn doesn't match expected format for triggers of type {} (allowed: {}, actual: "
        "'{}')",
        type.name, type.sourceForm, arn.substr(0, 128));
  }
  if (!source->account.empty() && source->account != account)
    return fmt::format("sourceArn: account '{}' is not the caller's", source->account);
  return "";
}

std::string eventBridgeArn(const Trigger& trigger, std::string_view region) {
  const std::string type =
      configOf<EventBridgeTriggerConfig>(trigger).eventSourceConfig.eventSourceType;
  const std::string bus =
      type == "Default" ? "default"
                        : fmt::format("{}-{}-{}", type, trigger.functionName, trigger.triggerName);
  return fmt::format("acs:eventbridge:{}:{}:eventbus/{}/rule/{}-{}-{}", region, trigger.accountId,
                     bus, trigger.serviceName, trigger.functionName, trigger.triggerName);
}

std::string qualifierOf(const Trigger& trigger) { return trigger.qualifier.value_or("LATEST"); }

std::string triggerKey(const Trigger& trigger) {
  return triggersPrefix(trigger.accountId, trigger.serviceName, trigger.functionName) +
         trigger.triggerName;
}

std::string triggerSourceKey(const Trigger& trigger) {
  if (trigger.triggerType == httpTrigger) {
    return httpTriggerKey(trigger.accountId, trigger.serviceName, trigger.functionName,
                          qualifierOf(trigger));
  }
  const std::string name =
      fmt::format("{}/{}/{}", trigger.serviceName, trigger.functionName, trigger.triggerName);
  if (trigger.triggerType == timerTrigger)
    return fmt::format("{}{}/{}", timersPrefix, trigger.accountId, name);
  const auto source = sourceArnOf(trigger.sourceArn.value_or(""));
  return sourceTriggersPrefix(trigger.triggerType, trigger.accountId,
                              source ? source->resource : "") +
         name;
}

}  // namespace openfc::model
