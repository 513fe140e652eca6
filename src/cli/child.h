#pragma once

#include <string>
#include <vector>

namespace openfc::cli {

struct ChildOutcome {
  int status = 0;      // 0 = it succeeded
  std::string output;  // both streams
};

/// Runs a program, looked for in PATH, to its end in this environment. Throws SystemError when it
/// cannot be started.
ChildOutcome runChild(std::vector<std::string> arguments);

}  // namespace openfc::cli
