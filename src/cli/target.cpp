#include "cli/target.h"

#include "cli/command.h"

namespace openfc::cli {

Target targetOf(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view service =
      slash == std::string_view::npos ? defaultService : text.substr(0, slash);
  const std::string_view function = slash == std::string_view::npos ? text : text.substr(slash + 1);
  if (service.empty() || function.empty() || function.find('/') != std::string_view::npos) {
    throw UsageError("'" + std::string(text) + "' is not SERVICE/FUNCTION");
  }
  return {.service = std::string(service), .function = std::string(function)};
}

Target targetOf(const Arguments& arguments) {
  Target target = targetOf(arguments.text("target"));
  if (arguments.has("qualifier")) {
    target.service =
        target.service.substr(0, target.service.find('.')) + "." + arguments.text("qualifier");
  }
  return target;
}

}  // namespace openfc::cli
