#pragma once

#include "base/clock.h"
#include "model/document.h"
#include "schema/shape.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::model {

/// Where an asynchronous invocation stands (runtime-contract 6.3). From `succeeded` on it has
/// ended.
enum class InvocationStatus {
  enqueued,
  dequeued,
  running,
  retrying,
  stopping,
  succeeded,
  failed,
  stopped,
  expired,
  invalid,
};

/// As clients see them, in the order of the enumeration.
inline constexpr std::string_view invocationStatusNames[] = {
    "Enqueued",  "Dequeued", "Running", "Retrying", "Stopping",
    "Succeeded", "Failed",   "Stopped", "Expired",  "Invalid"};
std::string_view nameOf(InvocationStatus status);
std::optional<InvocationStatus> invocationStatusNamed(std::string_view name);
bool hasEnded(InvocationStatus status);
/// What a request to stop makes of it: what runs is asked to stop, what waits has stopped. Nothing:
/// it has ended.
std::optional<InvocationStatus> statusAfterStop(InvocationStatus status);

/// One step of an invocation's life.
struct InvocationEvent {
  std::int64_t eventId = 0;  // 1, 2, …
  std::string status;
  std::int64_t timestamp = 0;  // milliseconds since the epoch
  std::string eventDetail;
  bool operator==(const InvocationEvent&) const = default;
};

/// The record of one asynchronous invocation, without the event it got and what it answered: those
/// may be long and stand apart.
struct StatefulInvocation {
  std::string invocationId;
  std::string requestId;
  std::string status{nameOf(InvocationStatus::enqueued)};
  std::int64_t startedTime = 0;         // when it was accepted, in milliseconds since the epoch
  std::optional<std::int64_t> endTime;  // the same; nothing before the end
  std::string serviceName;
  std::string functionName;
  std::string qualifier;  // as the caller wrote it; LATEST when there was none
  std::string destinationStatus;
  std::string invocationErrorMessage;
  std::int64_t alreadyRetriedTimes = 0;
  std::string instanceId;
  std::optional<std::int64_t> durationMs;
  std::vector<InvocationEvent> events;
  bool operator==(const StatefulInvocation&) const = default;
};

const schema::Shape& shapeOf(const InvocationEvent*);
const schema::Shape& shapeOf(const StatefulInvocation*);

std::int64_t milliseconds(Time time);

/// Notes a step: the status, its event, and at the end of the invocation when that was.
void enter(StatefulInvocation& invocation, InvocationStatus status, Time now,
           std::string detail = "");

}  // namespace openfc::model
