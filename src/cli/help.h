#pragma once

#include <string>
#include <vector>

namespace openfc::cli {

struct Command;
struct Option;

/// What `openfc help PATH` prints: of a command its arguments, flags and examples; of a group ("",
/// "function") its commands.
std::string helpOf(const std::vector<Command>& commands, const std::vector<Option>& common,
                   const std::string& path);

}  // namespace openfc::cli
