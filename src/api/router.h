#pragma once

#include "api/operation.h"

#include <string_view>

namespace openfc::api {

struct Route {
  const Operation& operation;
  PathParameters path;
};

/// The operation for a method and a raw path (not decoded). Throws Error{pathNotSupported}.
Route routeOf(std::string_view method, std::string_view rawPath);

}  // namespace openfc::api
