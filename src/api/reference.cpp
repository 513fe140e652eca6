#include "api/reference.h"

#include "api/operation_errors.h"
#include "api/operations.h"
#include "base/encoding.h"
#include "schema/json.h"
#include "schema/openapi.h"

#include <boost/json/value.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace openfc::api {
namespace {

using schema::Field;
using schema::In;
using schema::Kind;
using schema::Rules;
using schema::Shape;
using schema::Type;

/// The structures that the tables link to, by name.
using Structures = std::map<std::string_view, const Shape*>;

/// One table under way: rows of several shapes go into it.
struct Table {
  std::string rows;
  Structures& structures;
};

/// Members that a caller leaves out, or that are all optional.
enum class Presence { asDeclared, optional };

std::string typeName(const Type& type, Structures& structures) {
  switch (type.kind) {
    case Kind::list:
      return "list of " + typeName(*type.element, structures);
    case Kind::map:
      return "map to " + typeName(*type.element, structures);
    case Kind::optional:
      return typeName(*type.element, structures);
    case Kind::object:
    case Kind::partial: {
      const Shape& shape = type.shape();
      structures.emplace(shape.name, &shape);
      return fmt::format("[{}](#{})", shape.name, toLower(shape.name));
    }
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::number:
      return "number";
    case Kind::text:
      return "string";
    case Kind::time:
      return "time";
    case Kind::json:
      return "JSON";
  }
  return "";
}

std::string typeName(const Field& field, Structures& structures) {
  if (field.rules.variants.empty()) return typeName(*field.type, structures);
  std::string out;
  for (const schema::ShapeOf variant : field.rules.variants) {
    const Type type{.kind = Kind::object, .shape = variant};
    out += (out.empty() ? "" : " or ") + typeName(type, structures);
  }
  return out;
}

/// A pipe would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string range(const Rules& rules) {
  if (std::isinf(rules.min) && std::isinf(rules.max)) return "";
  if (std::isinf(rules.max)) return fmt::format("at least {}", rules.min);
  if (std::isinf(rules.min)) return fmt::format("at most {}", rules.max);
  return fmt::format("{}…{}", rules.min, rules.max);
}

std::string listed(std::span<const std::string_view> values) {
  std::string out;
  for (const std::string_view value : values) {
    if (!value.empty()) out += fmt::format("{}`{}`", out.empty() ? "" : ", ", value);
  }
  return out;
}

std::string rulesOf(const Rules& rules) {
  std::string out;
  const auto add = [&out](const std::string& rule) {
    if (!rule.empty()) out += (out.empty() ? "" : "; ") + rule;
  };
  constexpr auto unlimited = std::numeric_limits<std::size_t>::max();
  add(range(rules));
  if (rules.multipleOf != 0) add(fmt::format("multiple of {}", rules.multipleOf));
  if (rules.minLength != 0) add(fmt::format("at least {} bytes", rules.minLength));
  if (rules.maxLength != unlimited) add(fmt::format("at most {} bytes", rules.maxLength));
  if (rules.maxItems != unlimited) add(fmt::format("at most {} items", rules.maxItems));
  if (rules.pattern != nullptr) add(fmt::format("`{}`", rules.pattern->expression));
  if (rules.keyPattern != nullptr) add(fmt::format("keys `{}`", rules.keyPattern->expression));
  if (!rules.oneOf.empty()) add("one of " + listed(rules.oneOf));
  return out;
}

std::string_view placeOf(In in) {
  constexpr std::string_view places[] = {"body", "path", "query", "header"};
  return places[static_cast<std::size_t>(in)];
}

std::string defaultText(const Field& field, const void* owner) {
  const auto value = schema::defaultOf(field, owner);
  return value.is_null() ? "" : fmt::format("`{}`", schema::toText(value));
}

/// The members that clients send. `owner` is a default-made object, or null.
void putInputs(const Shape& shape, const void* owner, Presence presence, Table& table) {
  for (const Field& field : shape.fields) {
    const Rules& rules = field.rules;
    if (rules.readOnly || rules.stored) continue;
    if (rules.inlined) {
      const bool partial = field.type->kind == Kind::partial;
      putInputs(field.type->shape(), partial || owner == nullptr ? nullptr : field.memberOf(owner),
                partial ? Presence::optional : presence, table);
      continue;
    }
    const bool required = rules.required && presence == Presence::asDeclared;
    table.rows +=
        fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", field.name, placeOf(rules.in),
                    typeName(field, table.structures), required ? "yes" : "no",
                    cell(rulesOf(rules)), defaultText(field, owner), cell(field.doc));
  }
}

void putOutputs(const Shape& shape, Table& table) {
  for (const Field& field : shape.fields) {
    if (field.rules.stored) continue;
    if (field.rules.inlined) {
      putOutputs(field.type->shape(), table);
      continue;
    }
    table.rows += fmt::format("| `{}` | {} | {} | {} |\n", field.name, placeOf(field.rules.in),
                              typeName(field, table.structures), cell(field.doc));
  }
}

std::string inputTable(const Shape& shape, Structures& structures) {
  Table table{.rows = "", .structures = structures};
  shape.defaults(
      [&](const void* object) { putInputs(shape, object, Presence::asDeclared, table); });
  if (table.rows.empty()) return "";
  return "\n| Name | In | Type | Required | Rules | Default | Meaning "
         "|\n|---|---|---|---|---|---|---|\n" +
         table.rows;
}

std::string outputTable(const Shape& shape, Structures& structures) {
  Table table{.rows = "", .structures = structures};
  putOutputs(shape, table);
  return table.rows.empty() ? ""
                            : "\n| Name | In | Type | Meaning |\n|---|---|---|---|\n" + table.rows;
}

std::string answerOf(const Operation& operation) {
  std::string out = fmt::format("Answers {}", operation.status);
  if (operation.accepted != 0) out += fmt::format(" or {}", operation.accepted);
  if (operation.raw) return out + " with bytes.";
  return out + (operation.output() == nullptr ? " without a body." : ":");
}

std::string codesOf(std::span<const Code> codes) {
  std::string out;
  for (const Code code : codes) {
    const CodeRow& row = rowOf(code);
    out += fmt::format("{}`{}` ({})", out.empty() ? "" : ", ", row.name, row.status);
  }
  return out;
}

std::string accessOf(const Operation& operation) {
  return operation.access == Access::open ? " Needs no signature." : "";
}

std::string pathsOf(std::string_view name) {
  std::string out;
  for (const Operation& operation : operations()) {
    if (operation.name != name) continue;
    out +=
        fmt::format("{}`{} {}`", out.empty() ? "" : " or ", operation.method, fullPath(operation));
  }
  return out;
}

std::string sectionOf(const Operation& operation, Structures& structures) {
  std::string out = fmt::format("\n### {}\n\n{}\n\n{}{}\n", operation.name, pathsOf(operation.name),
                                operation.doc, accessOf(operation));
  out += inputTable(*operation.input(), structures);
  out += fmt::format("\n{}\n", answerOf(operation));
  if (operation.output() != nullptr) out += outputTable(*operation.output(), structures);
  const std::string errors = codesOf(errorsOf(operation.name));
  if (!errors.empty()) out += fmt::format("\nErrors: {}.\n", errors);
  return out;
}

/// The members of a structure, whoever sends it.
void putMembers(const Shape& shape, const void* owner, Table& table) {
  for (const Field& field : shape.fields) {
    const Rules& rules = field.rules;
    if (rules.stored || rules.in == In::header) continue;
    if (rules.inlined) {
      const bool object = field.type->kind == Kind::object;
      putMembers(field.type->shape(), object && owner != nullptr ? field.memberOf(owner) : nullptr,
                 table);
      continue;
    }
    const std::string_view given = rules.readOnly    ? "the server's"
                                   : rules.writeOnly ? "never answered"
                                   : rules.required  ? "yes"
                                                     : "no";
    table.rows += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", field.name,
                              typeName(field, table.structures), given, cell(rulesOf(rules)),
                              defaultText(field, owner), cell(field.doc));
  }
}

std::string structureSection(const Shape& shape, Structures& structures) {
  Table table{.rows = "", .structures = structures};
  shape.defaults([&](const void* object) { putMembers(shape, object, table); });
  return fmt::format(
      "\n### {}\n\n| Name | Type | Required | Rules | Default | Meaning |\n"
      "|---|---|---|---|---|---|\n{}",
      shape.name, table.rows);
}

/// Structures bring further structures: until none is new.
std::string structureSections(Structures structures) {
  std::map<std::string_view, std::string> sections;
  while (!structures.empty()) {
    Structures found;
    for (const auto& [name, shape] : structures) sections[name] = structureSection(*shape, found);
    std::erase_if(found, [&](const auto& entry) { return sections.contains(entry.first); });
    structures = std::move(found);
  }
  std::string out;
  for (const auto& [name, text] : sections) out += text;
  return out;
}

/// The operations that `wanted` tells, each name once.
std::string sectionsOf(bool (*wanted)(const Operation&), Structures& structures) {
  std::string out;
  std::set<std::string_view> seen;
  for (const Operation& operation : operations()) {
    if (wanted(operation) && seen.insert(operation.name).second)
      out += sectionOf(operation, structures);
  }
  return out;
}

constexpr std::string_view introduction =
    "# API reference\n"
    "\n"
    "This file is printed from the declarations of the API (`generate_docs api`); `GET "
    "/openapi.json` answers the\n"
    "same as an OpenAPI document, and `openfc api <Operation> --help` shows it on the command "
    "line. What each field\n"
    "does here is told in [compat.md](compat.md).\n"
    "\n"
    "Requests are signed (`openfc sign` prints one). Bodies are JSON; names of members are found "
    "whatever their case,\n"
    "unknown members are ignored, `null` is the same as absent, and numbers may be texts. A "
    "qualifier (version, alias or\n"
    "`LATEST`) stands behind the service's name and a dot: `/services/orders.prod/…`. Lengths are "
    "bytes of UTF-8.\n";

}  // namespace

std::string referenceDocument() {
  Structures structures;
  std::string out(introduction);
  out += fmt::format("\nEvery operation may also answer: {}.\n", codesOf(commonErrors()));
  out += "\n## Operations of Function Compute\n";
  out += sectionsOf([](const Operation& row) { return !row.outside; }, structures);
  out += "\n## Operations of openfc\n";
  out += sectionsOf([](const Operation& row) { return row.outside; }, structures);
  out += "\n## Structures\n";
  out += structureSections(std::move(structures));
  return out;
}

}  // namespace openfc::api
