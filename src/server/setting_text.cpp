#include "server/setting_text.h"

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

/// What a default that depends on the machine is shown as.
struct Computed {
  std::string_view name;
  std::string_view shown;
};
constexpr Computed computed[] = {{"data", "/var/lib/openfc; ~/.openfc when not root"}};

std::string numberText(double number) { return fmt::format("{:.0f}", number); }

/// As it would be typed: no quotes, lists with commas.
std::string typed(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (!value.is_array()) return json::serialize(value);
  std::string text;
  for (const json::value& item : value.get_array()) text += (text.empty() ? "" : ",") + typed(item);
  return text;
}

}  // namespace

std::string choicesOf(const Field& field) {
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

std::string defaultOf(const Field& field) {
  static const Config defaults;
  for (const Computed& row : computed) {
    if (row.name == field.name) return std::string(row.shown);
  }
  const std::string value =
      typed(schema::writeValue(*field.type, field.memberOf(&defaults), schema::Audience::store));
  return value.empty() ? "none" : value;
}

}  // namespace openfc::server
