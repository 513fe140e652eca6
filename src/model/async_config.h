#pragma once

#include "base/clock.h"
#include "model/document.h"
#include "schema/shape.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace openfc::model {

/// Where one kind of results goes.
struct Destination {
  std::string destination;
  bool operator==(const Destination&) const = default;
};

/// Targets of asynchronous invocations' results (api-spec 3.6).
struct DestinationConfig {
  std::optional<Destination> onSuccess;
  std::optional<Destination> onFailure;
  bool operator==(const DestinationConfig&) const = default;
};

/// What a client sets of a function's asynchronous invocations.
struct AsyncSettings {
  DestinationConfig destinationConfig;
  std::optional<std::int64_t> maxAsyncEventAgeInSeconds;  // nothing behaves as defaultEventAge
  std::int64_t maxAsyncRetryAttempts = 3;
  bool statefulInvocation = false;
  bool operator==(const AsyncSettings&) const = default;
};

inline constexpr std::int64_t defaultEventAge = 86400;  // seconds

/// The configuration of one function under one qualifier.
struct AsyncConfig {
  std::string serviceName;
  std::string functionName;
  std::string qualifier;  // LATEST, a version or an alias
  AsyncSettings settings;
  Time createdTime;
  Time lastModifiedTime;
  bool operator==(const AsyncConfig&) const = default;
};

const schema::Shape& shapeOf(const Destination*);
const schema::Shape& shapeOf(const DestinationConfig*);
const schema::Shape& shapeOf(const AsyncSettings*);
const schema::Shape& shapeOf(const AsyncConfig*);

/// What is wrong with the form of a destination's ARN, "" = nothing: a function, an MNS queue or
/// topic, an event bus. Region and account may be empty. Whether the target exists is not asked.
std::string destinationProblem(const std::string& arn);

}  // namespace openfc::model
