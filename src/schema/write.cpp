#include "schema/write.h"

#include "base/time_text.h"
#include "schema/json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace json = boost::json;

namespace openfc::schema {
namespace {

json::string toJson(std::string_view text) { return json::string(text.data(), text.size()); }

bool nothing(const Type& type, const void* value) {
  return type.kind == Kind::optional && type.size(value) == 0;
}

void writeRows(const Shape& shape, const void* object, Audience audience, json::object& out) {
  for (const Field& field : shape.fields) {
    const Rules& rules = field.rules;
    if (rules.in != In::body) continue;
    if (rules.stored && audience == Audience::client) continue;
    const void* member = field.memberOf(object);
    if (rules.inlined) {
      writeRows(field.type->shape(), member, audience, out);
    } else if (rules.writeOnly && audience == Audience::client) {
      out.emplace(field.name, nullptr);
    } else if (!(rules.omitNull && nothing(*field.type, member))) {
      out.emplace(field.name, writeValue(*field.type, member, audience));
    }
  }
}

/// A header's value is the text itself, a number's or boolean's JSON form.
std::string headerText(const json::value& value) {
  if (const auto* text = value.if_string()) return {text->data(), text->size()};
  return value.is_null() ? "" : toText(value);
}

json::array writeList(const Type& type, const void* value, Audience audience) {
  json::array out;
  for (std::size_t i = 0; i < type.size(value); ++i) {
    out.push_back(writeValue(*type.element, type.at(value, i), audience));
  }
  return out;
}

json::object writeMap(const Type& type, const void* value, Audience audience) {
  json::object out;
  type.visit(value, [&](const std::string& key, const void* element) {
    out.emplace(key, writeValue(*type.element, element, audience));
  });
  return out;
}

}  // namespace

json::value writeValue(const Type& type, const void* value, Audience audience) {
  switch (type.kind) {
    case Kind::boolean:
      return *static_cast<const bool*>(value);
    case Kind::integer:
      return type.integer(value);
    case Kind::number:
      return *static_cast<const double*>(value);
    case Kind::text:
      return toJson(*static_cast<const std::string*>(value));
    case Kind::time:
      return toJson(toIso(*static_cast<const Time*>(value)));
    case Kind::optional:
      return type.size(value) == 0 ? json::value()
                                   : writeValue(*type.element, type.at(value, 0), audience);
    case Kind::list:
      return writeList(type, value, audience);
    case Kind::map:
      return writeMap(type, value, audience);
    case Kind::json:
      return parseJson(static_cast<const Json*>(value)->text);
    case Kind::object:
    case Kind::partial:
      return writeObject(type.shape(), value, audience);
  }
  return {};
}

json::value writeObject(const Shape& shape, const void* object, Audience audience) {
  json::object out;
  writeRows(shape, object, audience, out);
  return out;
}

void writeHeaders(const Shape& shape, const void* object,
                  const std::function<void(std::string_view name, std::string value)>& sink) {
  for (const Field& field : shape.fields) {
    const void* member = field.memberOf(object);
    if (field.rules.inlined) {
      writeHeaders(field.type->shape(), member, sink);
    } else if (field.rules.in == In::header) {
      std::string text = headerText(writeValue(*field.type, member, Audience::client));
      if (!text.empty()) sink(field.name, std::move(text));
    }
  }
}

std::string toText(const Shape& shape, const void* object, Audience audience) {
  return toText(writeObject(shape, object, audience));
}

}  // namespace openfc::schema
