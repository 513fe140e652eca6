#include "model/stateful_invocation.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace openfc::model {
namespace {

using schema::field;
using schema::Field;
using schema::Shape;

}  // namespace

std::string_view nameOf(InvocationStatus status) {
  return invocationStatusNames[static_cast<std::size_t>(status)];
}

std::optional<InvocationStatus> invocationStatusNamed(std::string_view name) {
  const auto* found = std::ranges::find(invocationStatusNames, name);
  if (found == std::end(invocationStatusNames)) return std::nullopt;
  return static_cast<InvocationStatus>(found - std::begin(invocationStatusNames));
}

bool hasEnded(InvocationStatus status) { return status >= InvocationStatus::succeeded; }

std::optional<InvocationStatus> statusAfterStop(InvocationStatus status) {
  if (hasEnded(status)) return std::nullopt;
  const bool runs = status == InvocationStatus::running || status == InvocationStatus::stopping;
  return runs ? InvocationStatus::stopping : InvocationStatus::stopped;
}

const Shape& shapeOf(const InvocationEvent*) {
  using T = InvocationEvent;
  static constexpr Field fields[] = {
      field<&T::eventId>("eventId", "Counts from 1."),
      field<&T::status>("status", "The status that it entered.", {.oneOf = invocationStatusNames}),
      field<&T::timestamp>("timestamp", "When, in milliseconds since the epoch."),
      field<&T::eventDetail>("eventDetail", "What there is to say about it."),
  };
  static constexpr Shape shape = schema::shape<T>("InvocationEvent", fields);
  return shape;
}

const Shape& shapeOf(const StatefulInvocation*) {
  using T = StatefulInvocation;
  static constexpr Field fields[] = {
      field<&T::invocationId>("invocationId", "Id of the invocation."),
      field<&T::requestId>("requestId", "Id of the request that made it."),
      field<&T::status>("status", "Where it stands.", {.oneOf = invocationStatusNames}),
      field<&T::startedTime>("startedTime",
                             "When it was accepted, in milliseconds since the epoch."),
      field<&T::endTime>("endTime", "When it ended; absent before.", {.omitNull = true}),
      field<&T::serviceName>("serviceName", "The service."),
      field<&T::functionName>("functionName", "The function."),
      field<&T::qualifier>("qualifier", "LATEST, a version or an alias."),
      field<&T::destinationStatus>("destinationStatus", "What came of telling the destination."),
      field<&T::invocationErrorMessage>("invocationErrorMessage", "Why the last run failed."),
      field<&T::alreadyRetriedTimes>("alreadyRetriedTimes", "Retries so far."),
      field<&T::instanceId>("instanceId", "The instance of the last run."),
      field<&T::durationMs>("durationMs", "How long the last run took; absent before.",
                            {.omitNull = true}),
      field<&T::events>("events", "The steps of its life."),
  };
  static constexpr Shape shape = schema::shape<T>("StatefulInvocation", fields);
  return shape;
}

std::int64_t milliseconds(Time time) {
  return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

void enter(StatefulInvocation& invocation, InvocationStatus status, Time now, std::string detail) {
  invocation.status = nameOf(status);
  if (hasEnded(status)) invocation.endTime = milliseconds(now);
  invocation.events.push_back({.eventId = static_cast<std::int64_t>(invocation.events.size()) + 1,
                               .status = invocation.status,
                               .timestamp = milliseconds(now),
                               .eventDetail = std::move(detail)});
}

}  // namespace openfc::model
