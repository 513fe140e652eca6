#pragma once

#include "cli/arguments.h"

#include <string>
#include <vector>

namespace openfc::cli {

/// The flags of a list: which page of it.
void addPageOptions(std::vector<Option>& options);

/// "?prefix=…&limit=…" of what was given of them, "" of nothing.
std::string pageQueryOf(const Arguments& arguments);

}  // namespace openfc::cli
