// What `openfc serve --help` prints, from the table of settings.

#include "base/wrapped_text.h"
#include "schema/write.h"
#include "server/config.h"

#include <boost/json.hpp>

#include <fmt/core.h>

#include <cmath>

namespace openfc::server {
namespace {

namespace json = boost::json;
using schema::Field;
using schema::Kind;

constexpr std::size_t column = 30;  // where documentation begins

/// What a default that depends on the machine is shown as.
struct Computed {
  std::string_view name;
  std::string_view shown;
};
constexpr Computed computed[] = {{"data", "/var/lib/openfc; ~/.openfc when not root"}};

std::string numberText(double number) { return fmt::format("{:.0f}", number); }

/// " 0 to 100." or " isolated or plain." or how a list is written.
std::string choices(const Field& field) {
  std::string text;
  for (const std::string_view choice : field.rules.oneOf) {
    const bool last = choice == field.rules.oneOf.back();
    text += (text.empty() ? " One of " : last ? " or " : ", ") + std::string(choice);
  }
  if (!text.empty()) return text + ".";
  if (field.type->kind == Kind::list) {
    const bool ofTexts = field.type->element->kind == Kind::text;
    return ofTexts ? " A list: a,b,c or JSON." : " A list: JSON, or in the file.";
  }
  const bool hasLeast = std::isfinite(field.rules.min);
  const bool hasMost = std::isfinite(field.rules.max);
  if (hasLeast && hasMost)
    return fmt::format(" {} to {}.", numberText(field.rules.min), numberText(field.rules.max));
  if (hasLeast) return fmt::format(" {} or more.", numberText(field.rules.min));
  return "";
}

/// As it would be typed: no quotes, lists with commas.
std::string typed(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (!value.is_array()) return json::serialize(value);
  std::string text;
  for (const json::value& item : value.get_array()) text += (text.empty() ? "" : ",") + typed(item);
  return text;
}

std::string defaultOf(const Field& field, const Config& defaults) {
  for (const Computed& row : computed) {
    if (row.name == field.name) return std::string(row.shown);
  }
  const std::string value =
      typed(schema::writeValue(*field.type, field.memberOf(&defaults), schema::Audience::store));
  return value.empty() ? "none" : value;
}

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
  const Config defaults;
  for (const Field& field : schema::shapeFor<Config>().fields) {
    text += row(flagOf(field),
                fmt::format("{}{} [{}]", field.doc, choices(field), defaultOf(field, defaults)));
  }
  return text +
         "\nEach flag is also a key of the configuration file (adminListen) and an environment "
         "variable\n(OPENFC_ADMIN_LISTEN). Flags win over variables, variables over the file. "
         "Flags "
         "that are true or\nfalse need no value.\n";
}

}  // namespace openfc::server
