#pragma once

#include "schema/read.h"

namespace openfc::schema {

/// Checks one member that has been read against its row. `path` names it in messages
/// ("vpcConfig.vpcId").
void checkRules(const Field& field, const void* member, const std::string& path,
                Problems& problems);

/// "functionName" → "FunctionName", as the documented messages have it.
std::string capitalised(std::string_view name);

}  // namespace openfc::schema
