#include "schema/openapi.h"

#include "schema/write.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cmath>

namespace json = boost::json;

namespace openfc::schema {
namespace {

json::string toJson(std::string_view text) { return json::string(text.data(), text.size()); }

json::value toNumber(double number) {
  return std::trunc(number) == number && std::abs(number) < 1e15
             ? json::value(static_cast<std::int64_t>(number))
             : json::value(number);
}

json::object typed(std::string_view type) { return {{"type", toJson(type)}}; }

void putNumberRules(const Rules& rules, json::object& out) {
  if (!std::isinf(rules.min)) out["minimum"] = toNumber(rules.min);
  if (!std::isinf(rules.max)) out["maximum"] = toNumber(rules.max);
  if (rules.multipleOf != 0) out["multipleOf"] = toNumber(rules.multipleOf);
}

void putTextRules(const Rules& rules, json::object& out) {
  if (rules.minLength != 0) out["minLength"] = rules.minLength;
  if (rules.maxLength != std::numeric_limits<std::size_t>::max())
    out["maxLength"] = rules.maxLength;
  if (rules.pattern != nullptr) out["pattern"] = toJson(rules.pattern->expression);
  if (rules.oneOf.empty()) return;
  json::array values;
  for (const std::string_view value : rules.oneOf) {
    if (!value.empty()) values.emplace_back(toJson(value));
  }
  out["enum"] = std::move(values);
}

/// A JSON value: one of the structs that its row names, else whatever.
json::object anyOf(std::span<const ShapeOf> variants, Components& components) {
  json::array references;
  for (const ShapeOf shape : variants) references.emplace_back(referenceTo(shape(), components));
  return references.empty() ? json::object() : json::object{{"anyOf", std::move(references)}};
}

json::object ofType(const Type& type, const Rules& rules, Components& components) {
  json::object out;
  switch (type.kind) {
    case Kind::boolean:
      return typed("boolean");
    case Kind::time:
      out = typed("string");
      out["format"] = "date-time";
      return out;
    case Kind::integer:
      out = typed("integer");
      out["format"] = type.highest > std::numeric_limits<std::int32_t>::max() ? "int64" : "int32";
      putNumberRules(rules, out);
      return out;
    case Kind::number:
      out = typed("number");
      putNumberRules(rules, out);
      return out;
    case Kind::text:
      out = typed("string");
      putTextRules(rules, out);
      return out;
    case Kind::list:
      out = typed("array");
      out["items"] = ofType(*type.element, rules, components);
      if (rules.maxItems != std::numeric_limits<std::size_t>::max())
        out["maxItems"] = rules.maxItems;
      return out;
    case Kind::map:
      out = typed("object");
      out["additionalProperties"] = ofType(*type.element, rules, components);
      return out;
    case Kind::optional:
      out = ofType(*type.element, rules, components);
      // Beside a reference nothing counts, so that it is wrapped.
      if (out.contains("$ref")) out = {{"allOf", json::array{out}}};
      out["nullable"] = true;
      return out;
    case Kind::json:
      return anyOf(rules.variants, components);
    case Kind::object:
    case Kind::partial:
      return referenceTo(type.shape(), components);
  }
  return out;
}

enum class Presence { asDeclared, optional };

/// Where the schema of a struct is gathered.
struct Rows {
  json::object properties;
  json::array required;
  Components& components;
};

void putRows(const Shape& shape, const void* defaults, Presence presence, Rows& rows) {
  for (const Field& field : shape.fields) {
    const Rules& rules = field.rules;
    if (rules.in != In::body || rules.stored) continue;
    if (rules.inlined) {
      const bool partial = field.type->kind == Kind::partial;
      const void* inner = defaults == nullptr || partial ? nullptr : field.memberOf(defaults);
      putRows(field.type->shape(), inner, partial ? Presence::optional : presence, rows);
      continue;
    }
    rows.properties[field.name] = openApiOf(field, rows.components, defaults);
    if (rules.required && presence == Presence::asDeclared)
      rows.required.emplace_back(toJson(field.name));
  }
}

}  // namespace

json::value defaultOf(const Field& field, const void* owner) {
  const Type& type = *field.type;
  const bool scalar = type.kind == Kind::boolean || type.kind == Kind::integer ||
                      type.kind == Kind::number || type.kind == Kind::text;
  if (owner == nullptr || !scalar || field.rules.required || field.rules.readOnly) return {};
  json::value value = writeValue(type, field.memberOf(owner), Audience::client);
  const auto* text = value.if_string();
  return text != nullptr && text->empty() ? json::value() : value;
}

json::object openApiOf(const Field& field, Components& components, const void* owner) {
  json::object out = ofType(*field.type, field.rules, components);
  if (out.contains("$ref")) out = {{"allOf", json::array{out}}};
  out["description"] = toJson(field.doc);
  if (json::value value = defaultOf(field, owner); !value.is_null())
    out["default"] = std::move(value);
  if (field.rules.readOnly) out["readOnly"] = true;
  if (field.rules.writeOnly) out["writeOnly"] = true;
  return out;
}

json::object openApiOf(const Shape& shape, Components& components) {
  Rows rows{.properties = {}, .required = {}, .components = components};
  shape.defaults([&](const void* object) { putRows(shape, object, Presence::asDeclared, rows); });
  json::object out = typed("object");
  out["properties"] = std::move(rows.properties);
  if (!rows.required.empty()) out["required"] = std::move(rows.required);
  return out;
}

json::object referenceTo(const Shape& shape, Components& components) {
  components.emplace(std::string(shape.name), &shape);
  return {{"$ref", toJson("#/components/schemas/" + std::string(shape.name))}};
}

}  // namespace openfc::schema
