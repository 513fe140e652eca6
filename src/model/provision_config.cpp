#include "model/provision_config.h"

#include "base/cron.h"
#include "base/time_text.h"
#include "model/names.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <variant>

namespace openfc::model {
namespace {

using schema::field;
using schema::Field;
using schema::Rules;
using schema::Shape;

constexpr std::string_view metricTypes[] = {"ProvisionedConcurrencyUtilization"};

/// When an action fires: once, or again and again.
using Schedule = std::variant<Time, Cron>;

/// What stands in the brackets behind `word`; nothing when the text is another.
std::optional<std::string_view> inBrackets(std::string_view text, std::string_view word) {
  if (!text.starts_with(word) || !text.ends_with(')')) return std::nullopt;
  text.remove_prefix(word.size());
  if (!text.starts_with('(')) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

/// UTC with or without its Z (spec README, "Bodies and behaviour").
std::optional<Time> momentOf(std::string_view text) {
  if (const auto time = fromIso(text)) return time;
  return fromIso(std::string(text) + 'Z');
}

std::optional<Schedule> scheduleOf(std::string_view expression) {
  if (const auto moment = inBrackets(expression, "at")) {
    const auto time = momentOf(*moment);
    return time ? std::optional<Schedule>(*time) : std::nullopt;
  }
  const auto fields = inBrackets(expression, "cron");
  if (!fields || fields->find('@') != std::string_view::npos) return std::nullopt;
  auto cron = Cron::parse(*fields);
  return cron ? std::optional<Schedule>(*std::move(cron)) : std::nullopt;
}

std::string timeProblem(std::string_view label, const std::string& text) {
  if (fromIso(text)) return "";
  return fmt::format(
      "The {} is not in UTC time format (example: '2020-10-10T10:10:10Z', actual: '{}')", label,
      text.substr(0, 128));
}
std::string startTimeProblem(const std::string& text) { return timeProblem("StartTime", text); }
std::string endTimeProblem(const std::string& text) { return timeProblem("EndTime", text); }

std::string expressionProblem(const std::string& text) {
  if (scheduleOf(text)) return "";
  return fmt::format(
      "The ScheduleExpression should be atTime or cron expression (example: "
      "['at(2020-10-10T10:10:10Z)', 'cron(0 */30 * * * *)'], actual: '{}')",
      text.substr(0, 128));
}

std::string metricTargetProblem(double value) {
  if (value > 0 && value <= 1) return "";
  return fmt::format("metricTarget must be greater than 0 and at most 1 (actual: {})", value);
}

constexpr Rules instances = {.required = true, .min = 0, .max = double{maxProvisionTarget}};

template <auto member>
consteval Field name(std::string_view doc) {
  return field<member>("name", doc, {.required = true, .minLength = 1, .maxLength = maxName});
}

template <auto member>
consteval Field startTime() {
  return field<member>("startTime", "From when it counts, in UTC.",
                       {.required = true, .check = schema::checkedBy<&startTimeProblem>});
}

template <auto member>
consteval Field endTime() {
  return field<member>("endTime", "Until when it counts, in UTC.",
                       {.required = true, .check = schema::checkedBy<&endTimeProblem>});
}

/// The window of an action or a policy that was checked before.
struct Window {
  Time start;
  Time end;
  bool holds(Time moment) const { return start <= moment && moment <= end; }
};
template <class T>
std::optional<Window> windowOf(const T& item) {
  const auto start = fromIso(item.startTime);
  const auto end = fromIso(item.endTime);
  if (!start || !end) return std::nullopt;
  return Window{*start, *end};
}

/// The latest moment up to `now` at which a schedule fired inside its window.
std::optional<Time> lastFired(const Schedule& schedule, Window window, Time now) {
  const Time until = std::min(now, window.end);
  std::optional<Time> fired;
  if (const auto* cron = std::get_if<Cron>(&schedule)) {
    fired = cron->previous(until);
  } else if (const Time moment = std::get<Time>(schedule); moment <= until) {
    fired = moment;
  }
  return fired && *fired >= window.start ? fired : std::nullopt;
}

/// The first moment after `after` at which a schedule fires inside its window.
std::optional<Time> nextFired(const Schedule& schedule, Window window, Time after) {
  const Time from = std::max(after, window.start - Time::duration(1));
  std::optional<Time> fires;
  if (const auto* cron = std::get_if<Cron>(&schedule)) {
    fires = cron->next(from);
  } else if (const Time moment = std::get<Time>(schedule); moment > from) {
    fires = moment;
  }
  return fires && *fires <= window.end ? fires : std::nullopt;
}

/// Calls `use` with the schedule and the window of each action.
template <class Use>
void eachAction(const ProvisionConfig& config, Use use) {
  for (const ScheduledAction& action : config.settings.scheduledActions) {
    const auto schedule = scheduleOf(action.scheduleExpression);
    const auto window = windowOf(action);
    if (schedule && window) use(action, *schedule, *window);
  }
}

/// Names that stand twice, and windows that end before they begin.
template <class T>
void checkNamed(const std::vector<T>& items, std::string_view what, std::string_view list,
                schema::Problems& problems) {
  std::set<std::string_view> seen;
  for (const T& item : items) {
    if (!seen.insert(item.name).second) {
      problems.add(fmt::format("Duplicate {} name '{}' in {} is not allowed", what,
                               item.name.substr(0, 128), list));
    }
    const auto window = windowOf(item);
    if (window && window->end <= window->start) {
      problems.add(
          fmt::format("The EndTime must be after the StartTime (StartTime: '{}', "
                      "EndTime: '{}')",
                      item.startTime, item.endTime));
    }
  }
}

}  // namespace

const Shape& shapeOf(const ScheduledAction*) {
  using T = ScheduledAction;
  static constexpr Field fields[] = {
      name<&T::name>("Name, unique among the actions."),
      startTime<&T::startTime>(),
      endTime<&T::endTime>(),
      field<&T::target>("target", "Provisioned instances from then on.", instances),
      field<&T::scheduleExpression>(
          "scheduleExpression",
          "cron(second minute hour day month weekday) or at(moment), in "
          "UTC; CRON_TZ=zone before the seconds names another zone.",
          {.required = true, .maxLength = 1024, .check = schema::checkedBy<&expressionProblem>}),
  };
  static constexpr Shape shape = schema::shape<T>("ScheduledAction", fields);
  return shape;
}

const Shape& shapeOf(const TargetTrackingPolicy*) {
  using T = TargetTrackingPolicy;
  static constexpr Field fields[] = {
      name<&T::name>("Name, unique among the policies."),
      startTime<&T::startTime>(),
      endTime<&T::endTime>(),
      field<&T::metricType>("metricType", "The metric to follow.",
                            {.required = true, .oneOf = metricTypes}),
      field<&T::metricTarget>("metricTarget", "The value to hold: above 0, at most 1.",
                              {.required = true, .check = schema::checkedBy<&metricTargetProblem>}),
      field<&T::minCapacity>("minCapacity", "Provisioned instances at least.", instances),
      field<&T::maxCapacity>("maxCapacity", "Provisioned instances at most.", instances),
  };
  static constexpr Shape shape = schema::shape<T>("TargetTrackingPolicy", fields);
  return shape;
}

const Shape& shapeOf(const ProvisionSettings*) {
  using T = ProvisionSettings;
  static constexpr Field fields[] = {
      field<&T::scheduledActions>("scheduledActions", "Changes of the target by the clock.",
                                  {.maxItems = 100, .label = "ScheduledActions"}),
      field<&T::targetTrackingPolicies>("targetTrackingPolicies",
                                        "Changes of the target by a metric, every minute.",
                                        {.maxItems = 100, .label = "TargetTrackingPolicies"}),
      field<&T::alwaysAllocateCPU>("alwaysAllocateCPU",
                                   "Whether idle provisioned instances go on running; else they "
                                   "are frozen between invocations."),
  };
  static constexpr Shape shape = schema::shape<T>("ProvisionSettings", fields);
  return shape;
}

const Shape& shapeOf(const ProvisionConfig*) {
  using T = ProvisionConfig;
  static constexpr Field fields[] = {
      field<&T::serviceName>("serviceName", "The service."),
      field<&T::functionName>("functionName", "The function."),
      field<&T::qualifier>("qualifier", "LATEST, a version or an alias."),
      field<&T::target>("target", "Provisioned instances that a client asked for."),
      field<&T::targetTime>("targetTime", "When it asked."),
      field<&T::settings>("settings", "What else clients set.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("ProvisionConfig", fields);
  return shape;
}

void check(const ProvisionSettings& settings, schema::Problems& problems) {
  checkNamed(settings.scheduledActions, "action", "ScheduledActions", problems);
  checkNamed(settings.targetTrackingPolicies, "policy", "TargetTrackingPolicies", problems);
  for (const TargetTrackingPolicy& policy : settings.targetTrackingPolicies) {
    if (policy.minCapacity > policy.maxCapacity) {
      problems.add(
          fmt::format("minCapacity must not be greater than maxCapacity (actual: {} and {})",
                      policy.minCapacity, policy.maxCapacity));
    }
  }
}

std::string resourceOf(std::string_view account, const ProvisionConfig& config) {
  return fmt::format("{}#{}#{}#{}", account, config.serviceName, config.qualifier,
                     config.functionName);
}

ScheduledTarget scheduledTarget(const ProvisionConfig& config, Time now) {
  ScheduledTarget out{config.target, config.targetTime};
  std::optional<Time> latest;
  eachAction(config, [&](const ScheduledAction& action, const Schedule& schedule, Window window) {
    if (window.end < config.targetTime) return;  // over before the target was set
    const auto fired = lastFired(schedule, window, now);
    if (!fired || (latest && *fired < *latest)) return;
    latest = fired;
    out = {action.target, std::max(*fired, config.targetTime)};
  });
  return out;
}

std::optional<Time> nextChange(const ProvisionConfig& config, Time after) {
  std::optional<Time> next;
  const auto consider = [&](std::optional<Time> moment) {
    if (moment && *moment > after && (!next || *moment < *next)) next = moment;
  };
  eachAction(config, [&](const ScheduledAction&, const Schedule& schedule, Window window) {
    consider(nextFired(schedule, window, after));
  });
  for (const TargetTrackingPolicy& policy : config.settings.targetTrackingPolicies) {
    const auto window = windowOf(policy);
    if (!window) continue;
    consider(window->start);
    consider(window->end + Time::duration(1));
  }
  return next;
}

std::vector<const TargetTrackingPolicy*> activePolicies(const ProvisionConfig& config, Time now) {
  std::vector<const TargetTrackingPolicy*> active;
  for (const TargetTrackingPolicy& policy : config.settings.targetTrackingPolicies) {
    const auto window = windowOf(policy);
    if (window && window->holds(now)) active.push_back(&policy);
  }
  return active;
}

}  // namespace openfc::model
