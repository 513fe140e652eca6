#include "cli/function_flags.h"

#include "cli/command.h"

#include <boost/json.hpp>

namespace openfc::cli {
namespace {

/// Shorter names of flags, put before the field's own.
struct Short {
  std::string_view flag;
  std::string_view names;
};
constexpr Short shorts[] = {{"--memorySize", "-m,--memory"},
                            {"--timeout", "-t"},
                            {"--instanceConcurrency", "-c,--concurrency"}};

}  // namespace

Option functionFlag(Option flag) {
  for (const Short& row : shorts) {
    if (row.flag == flag.names) flag.names.insert(0, std::string(row.names) + ",");
  }
  return flag;
}

Option environmentFlag() {
  return {"-e,--env", "An environment variable, repeatable; replaces the whole environment",
          Takes::many, false, "NAME=VALUE"};
}

Option excludeFlag() {
  return {"-x,--exclude", "Files to leave out (shell pattern), repeatable", Takes::many, false,
          "PATTERN"};
}

void addEnvironment(boost::json::object& config, const Arguments& arguments) {
  if (!arguments.has("env")) return;
  boost::json::object environment;
  for (const std::string& pair : arguments.list("env")) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError("--env: '" + pair + "' is not NAME=VALUE");
    environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  config["environmentVariables"] = std::move(environment);
}

}  // namespace openfc::cli
