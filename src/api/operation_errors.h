#pragma once

#include "base/error.h"

#include <span>
#include <string_view>

namespace openfc::api {

/// The codes that every operation with a signature may answer (api-spec 2).
std::span<const Code> commonErrors();
/// The codes that this operation may answer beside them; empty for one without a row.
std::span<const Code> errorsOf(std::string_view operation);
/// The names of the operations that have a row.
std::span<const std::string_view> operationsWithErrors();

}  // namespace openfc::api
