#pragma once

#include "cli/arguments.h"

#include <boost/json/fwd.hpp>

namespace openfc::cli {

// What `deploy`, `function create` and `function update` call alike.

/// The flag of a function's field with its shorter names: --memorySize is also -m and --memory.
Option functionFlag(Option flag);
/// -e NAME=VALUE
Option environmentFlag();
/// -x PATTERN
Option excludeFlag();

/// Adds the environment that -e says. Throws UsageError.
void addEnvironment(boost::json::object& config, const Arguments& arguments);

}  // namespace openfc::cli
