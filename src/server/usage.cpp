// What `openfc serve --help` prints, from the table of settings.

#include "base/wrapped_text.h"
#include "server/config.h"
#include "server/setting_text.h"

#include <fmt/core.h>

namespace openfc::server {
namespace {

constexpr std::size_t column = 30;  // where documentation begins

std::string row(const std::string& flag, std::string_view text) {
  return wrappedRow(flag, text, column);
}

}  // namespace

std::string usage() {
  std::string text =
      "Usage: openfc serve [flags]\n\n"
      "Runs the server until SIGTERM or Ctrl-C.\n\n";
  text += row("--config FILE",
              fmt::format("Configuration in YAML or JSON; OPENFC_CONFIG. [{} when it exists]",
                          defaultFile));
  text +=
      row("--check-config", "Say whether a server would start with this configuration, and end.");
  text += row("-h, --help", "Print this.");
  text += '\n';
  for (const schema::Field& field : schema::shapeFor<Config>().fields) {
    text +=
        row(flagOf(field), fmt::format("{}{} [{}]", field.doc, choicesOf(field), defaultOf(field)));
  }
  return text +
         "\nEach flag is also a key of the configuration file (adminListen) and an environment "
         "variable\n(OPENFC_ADMIN_LISTEN). Flags win over variables, variables over the file. "
         "Flags "
         "that are true or\nfalse need no value.\n";
}

}  // namespace openfc::server
