#include "model/async_config.h"

#include "model/names.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::model {
namespace {

using schema::field;
using schema::Field;
using schema::Shape;
using schema::Support;

constexpr std::string_view noQueue = "Kept for asynchronous invocations, which the server refuses.";

bool isName(std::string_view text) { return text.size() <= maxName && namePattern.matches(text); }

/// Names of queues, topics and buses.
bool isForeignName(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= 256 && std::ranges::all_of(text, allowed);
}

/// What stands between `before` and `after`; nothing when the text does not have that form.
std::optional<std::string_view> between(std::string_view text, std::string_view before,
                                        std::string_view after) {
  if (text.size() < before.size() + after.size()) return std::nullopt;
  if (!text.starts_with(before) || !text.ends_with(after)) return std::nullopt;
  return text.substr(before.size(), text.size() - before.size() - after.size());
}

/// services/<service>[.<qualifier>]/functions/<function>
bool isFunction(std::string_view resource) {
  constexpr std::string_view middle = "/functions/";
  const auto place = resource.find(middle);
  if (!resource.starts_with("services/") || place == std::string_view::npos) return false;
  std::string_view service = resource.substr(9, place - 9);
  if (const auto dot = service.find('.'); dot != std::string_view::npos) {
    const std::string_view qualifier = service.substr(dot + 1);
    if (kindOf(qualifier) == QualifierKind::alias && !isName(qualifier)) return false;
    service = service.substr(0, dot);
  }
  return isName(service) && isName(resource.substr(place + middle.size()));
}

bool isQueueOrTopic(std::string_view resource) {
  for (const std::string_view before : {"/queues/", "/topics/"}) {
    const auto name = between(resource, before, "/messages");
    if (name && isForeignName(*name)) return true;
  }
  return false;
}

bool isBus(std::string_view resource) {
  const auto name = between(resource, "eventbus/", "");
  return name && isForeignName(*name);
}

struct Target {
  std::string_view product;
  bool (*matches)(std::string_view resource);
};
constexpr Target targets[] = {{"fc", isFunction}, {"mns", isQueueOrTopic}, {"eventbridge", isBus}};

/// Regions and accounts hold no blanks and no slashes; both may be empty.
bool isPlace(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c != '/' && c != 0x7f; });
}

bool isDestination(std::string_view arn) {
  std::string_view parts[4];  // acs, product, region, account
  for (std::string_view& part : parts) {
    const auto colon = arn.find(':');
    if (colon == std::string_view::npos) return false;
    part = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  if (parts[0] != "acs" || !isPlace(parts[2]) || !isPlace(parts[3])) return false;
  const auto* target = std::ranges::find(targets, parts[1], &Target::product);
  return target != std::end(targets) && target->matches(arn);
}

}  // namespace

std::string destinationProblem(const std::string& arn) {
  if (isDestination(arn)) return "";
  return fmt::format(
      "Destination is set to an invalid value (allowed: "
      "acs:fc:<region>:<account>:services/<service>[.<qualifier>]/functions/<function> | "
      "acs:mns:<region>:<account>:/queues/<queue>/messages | "
      "acs:mns:<region>:<account>:/topics/<topic>/messages | "
      "acs:eventbridge:<region>:<account>:eventbus/<bus>, actual: '{}')",
      arn.substr(0, 128));
}

const Shape& shapeOf(const Destination*) {
  using T = Destination;
  static constexpr Field fields[] = {
      field<&T::destination>("destination", "ARN of the function, queue, topic or event bus.",
                             {.required = true,
                              .maxLength = 1024,
                              .check = schema::checkedBy<&destinationProblem>,
                              .support = Support::recorded,
                              .supportNote = noQueue}),
  };
  static constexpr Shape shape = schema::shape<T>("Destination", fields);
  return shape;
}

const Shape& shapeOf(const DestinationConfig*) {
  using T = DestinationConfig;
  static constexpr Field fields[] = {
      field<&T::onSuccess>("onSuccess", "Target of results."),
      field<&T::onFailure>("onFailure", "Target of final failures."),
  };
  static constexpr Shape shape = schema::shape<T>("DestinationConfig", fields);
  return shape;
}

const Shape& shapeOf(const AsyncSettings*) {
  using T = AsyncSettings;
  static constexpr Field fields[] = {
      field<&T::destinationConfig>("destinationConfig", "Targets of results."),
      field<&T::maxAsyncEventAgeInSeconds>(
          "maxAsyncEventAgeInSeconds",
          "How old an event may be when it is taken out to run; null behaves as 86400.",
          {.min = 1, .max = 2592000, .support = Support::recorded, .supportNote = noQueue}),
      field<&T::maxAsyncRetryAttempts>(
          "maxAsyncRetryAttempts", "How often a failed run is repeated.",
          {.min = 0, .max = 8, .support = Support::recorded, .supportNote = noQueue}),
      field<&T::statefulInvocation>("statefulInvocation", "Whether every run has a record.",
                                    {.support = Support::recorded, .supportNote = noQueue}),
  };
  static constexpr Shape shape = schema::shape<T>("AsyncSettings", fields);
  return shape;
}

const Shape& shapeOf(const AsyncConfig*) {
  using T = AsyncConfig;
  static constexpr Field fields[] = {
      field<&T::serviceName>("serviceName", "The service."),
      field<&T::functionName>("functionName", "The function."),
      field<&T::qualifier>("qualifier", "LATEST, a version or an alias."),
      field<&T::settings>("settings", "What clients set.", {.inlined = true}),
      field<&T::createdTime>("createdTime", "When it was created.", {.readOnly = true}),
      field<&T::lastModifiedTime>("lastModifiedTime", "When it was last changed.",
                                  {.readOnly = true}),
  };
  static constexpr Shape shape = schema::shape<T>("AsyncConfig", fields);
  return shape;
}

}  // namespace openfc::model
