#pragma once

#include <string>

namespace openfc::api {

/// The text of docs/api.md: every operation with what it takes, answers and refuses, and every
/// structure.
std::string referenceDocument();

}  // namespace openfc::api
