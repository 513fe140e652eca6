#pragma once

#include "cli/arguments.h"

#include <string>
#include <string_view>

namespace openfc::cli {

inline constexpr std::string_view defaultService = "default";

/// "service[.qualifier]/function"; the service may be left out.
struct Target {
  std::string service;  // with its qualifier
  std::string function;
};

/// Throws UsageError when `text` names no function.
Target targetOf(std::string_view text);

/// The target that positional "target" and --qualifier name.
Target targetOf(const Arguments& arguments);

}  // namespace openfc::cli
