#pragma once

#include "api/operation.h"

#include <optional>
#include <string_view>

namespace openfc::api {

struct Route {
  const Operation& operation;
  PathParameters path;
};

/// The operation for a method and a raw path (not decoded), or none. Throws Error{invalidArgument}
/// when the path holds an invalid escape. Thread-safe.
std::optional<Route> routeOf(std::string_view method, std::string_view rawPath);

}  // namespace openfc::api
