#pragma once

#include "api/operation.h"

#include <span>
#include <string_view>

namespace openfc::api {

/// Every operation, one row each.
std::span<const Operation> operations();
/// Null: there is none of that name.
const Operation* findOperation(std::string_view name);

}  // namespace openfc::api
