#include "schema/rules.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace openfc::schema {
namespace {

/// One check under way: the row, where its member stands, and where problems go.
struct Checking {
  const Field& field;
  const std::string& path;
  Problems& problems;

  const Rules& rules() const { return field.rules; }
  /// What a message of the documented form begins with: "Runtime", or for nested members their
  /// whole path.
  std::string label() const {
    if (!rules().label.empty()) return std::string(rules().label);
    return path.find_first_of(".[") == std::string::npos ? capitalised(path) : path;
  }
  /// Values are shown to clients so far as they are short and no secrets.
  std::string shown(std::string_view value) const {
    if (rules().secret && !value.empty()) return "***";
    constexpr std::size_t longest = 128;
    return std::string(value.size() <= longest ? value : value.substr(0, longest)) +
           (value.size() <= longest ? "" : "…");
  }
};

std::string listed(std::span<const std::string_view> values) {
  std::string out;
  for (const std::string_view value : values) {
    if (value.empty()) continue;
    if (!out.empty()) out += " | ";
    out += value;
  }
  return out;
}

void checkText(const Checking& checking, std::string_view value) {
  const Rules& rules = checking.rules();
  if (rules.pattern != nullptr && !rules.pattern->matches(value)) {
    checking.problems.add(
        fmt::format("{} doesn't match expected format (allowed: {}, actual: '{}')",
                    checking.label(), rules.pattern->expression, checking.shown(value)));
    return;
  }
  if (!rules.oneOf.empty() && std::ranges::find(rules.oneOf, value) == rules.oneOf.end()) {
    checking.problems.add(fmt::format("{} is set to an invalid value (allowed: {}, actual: '{}')",
                                      checking.label(), listed(rules.oneOf),
                                      checking.shown(value)));
    return;
  }
  if (value.size() < rules.minLength) {
    checking.problems.add(value.empty() ? fmt::format("{} must not be empty", checking.path)
                                        : fmt::format("{} must have at least {} characters",
                                                      checking.path, rules.minLength));
  } else if (value.size() > rules.maxLength) {
    checking.problems.add(fmt::format("{} must have at most {} characters (actual: {})",
                                      checking.path, rules.maxLength, value.size()));
  }
}

std::string range(const Rules& rules) {
  if (std::isinf(rules.max)) return fmt::format("at least {}", rules.min);
  if (std::isinf(rules.min)) return fmt::format("at most {}", rules.max);
  return fmt::format("between {} and {}", rules.min, rules.max);
}

void checkNumber(const Checking& checking, double value) {
  const Rules& rules = checking.rules();
  if (value < rules.min || value > rules.max) {
    checking.problems.add(
        fmt::format("{} must be {} (actual: {})", checking.path, range(rules), value));
    return;
  }
  if (rules.multipleOf == 0) return;
  const double steps = value / rules.multipleOf;
  if (std::abs(steps - std::round(steps)) > 1e-9 * std::max(1.0, std::abs(steps))) {
    checking.problems.add(fmt::format("{} must be a multiple of {} (actual: {})", checking.path,
                                      rules.multipleOf, value));
  }
}

void checkValue(const Checking& checking, const Type& type, const void* value);

void checkItems(const Checking& checking, std::size_t items) {
  if (items <= checking.rules().maxItems) return;
  const std::string_view label = checking.rules().label;
  checking.problems.add(fmt::format("{} contains too many values (max: {}, actual: {})",
                                    label.empty() ? std::string_view(checking.path) : label,
                                    checking.rules().maxItems, items));
}

void checkList(const Checking& checking, const Type& type, const void* value) {
  const std::size_t items = type.size(value);
  checkItems(checking, items);
  for (std::size_t i = 0; i < items; ++i) {
    const std::string path = fmt::format("{}[{}]", checking.path, i);
    checkValue({checking.field, path, checking.problems}, *type.element, type.at(value, i));
  }
}

void checkMap(const Checking& checking, const Type& type, const void* value) {
  const Rules& rules = checking.rules();
  checkItems(checking, type.size(value));
  type.visit(value, [&](const std::string& key, const void* element) {
    if (rules.keyPattern != nullptr && !rules.keyPattern->matches(key)) {
      checking.problems.add(fmt::format(
          "{} doesn't match expected format (allowed: {}, actual: '{}')",
          rules.keyLabel.empty() ? checking.path + " name" : std::string(rules.keyLabel),
          rules.keyPattern->expression, key.substr(0, 128)));
    }
    const std::string path = checking.path + "." + key.substr(0, 128);
    checkValue({checking.field, path, checking.problems}, *type.element, element);
  });
}

void checkValue(const Checking& checking, const Type& type, const void* value) {
  switch (type.kind) {
    case Kind::text:
      return checkText(checking, *static_cast<const std::string*>(value));
    case Kind::integer:
      return checkNumber(checking, static_cast<double>(type.integer(value)));
    case Kind::number:
      return checkNumber(checking, *static_cast<const double*>(value));
    case Kind::list:
      return checkList(checking, type, value);
    case Kind::map:
      return checkMap(checking, type, value);
    case Kind::optional:
      if (type.size(value) != 0) checkValue(checking, *type.element, type.at(value, 0));
      return;
    case Kind::boolean:
    case Kind::time:
    case Kind::object:
    case Kind::partial:
    case Kind::json:
      return;
  }
}

}  // namespace

std::string capitalised(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

void checkRules(const Field& field, const void* member, const std::string& path,
                Problems& problems) {
  checkValue({field, path, problems}, *field.type, member);
  if (field.rules.check == nullptr) return;
  const Type& type = *field.type;
  if (type.kind == Kind::optional && type.size(member) == 0) return;
  const void* value = type.kind == Kind::optional ? type.at(member, 0) : member;
  std::string problem = field.rules.check(value);
  if (!problem.empty()) problems.add(std::move(problem));
}

}  // namespace openfc::schema
