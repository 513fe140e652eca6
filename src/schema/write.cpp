#include "schema/write.h"

#include "base/time_text.h"
#include "schema/json.h"
#include "schema/json_memory.h"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>

namespace json = boost::json;

namespace openfc::schema {
namespace {

json::string toJson(std::string_view text, const json::storage_ptr& memory) {
  return json::string(json::string_view(text.data(), text.size()), memory);
}

bool nothing(const Type& type, const void* value) {
  return type.kind == Kind::optional && type.size(value) == 0;
}

/// `memory` is where the JSON lives.
json::value valueOf(const Type& type, const void* value, Audience audience,
                    const json::storage_ptr& memory);

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
      out.emplace(field.name, valueOf(*field.type, member, audience, out.storage()));
    }
  }
}

/// A header's value is the text itself, a number's or boolean's JSON form.
std::string headerText(const json::value& value) {
  if (const auto* text = value.if_string()) return {text->data(), text->size()};
  return value.is_null() ? "" : toText(value);
}

json::array writeList(const Type& type, const void* value, Audience audience,
                      const json::storage_ptr& memory) {
  json::array out(memory);
  for (std::size_t i = 0; i < type.size(value); ++i) {
    out.push_back(valueOf(*type.element, type.at(value, i), audience, memory));
  }
  return out;
}

json::object writeMap(const Type& type, const void* value, Audience audience,
                      const json::storage_ptr& memory) {
  json::object out(memory);
  type.visit(value, [&](const std::string& key, const void* element) {
    out.emplace(key, valueOf(*type.element, element, audience, memory));
  });
  return out;
}

json::value objectOf(const Shape& shape, const void* object, Audience audience,
                     const json::storage_ptr& memory) {
  json::object out(memory);
  writeRows(shape, object, audience, out);
  return out;
}

json::value valueOf(const Type& type, const void* value, Audience audience,
                    const json::storage_ptr& memory) {
  switch (type.kind) {
    case Kind::boolean:
      return *static_cast<const bool*>(value);
    case Kind::integer:
      return type.integer(value);
    case Kind::number:
      return *static_cast<const double*>(value);
    case Kind::text:
      return toJson(*static_cast<const std::string*>(value), memory);
    case Kind::time:
      return toJson(toIso(*static_cast<const Time*>(value)), memory);
    case Kind::optional:
      return type.size(value) == 0 ? json::value()
                                   : valueOf(*type.element, type.at(value, 0), audience, memory);
    case Kind::list:
      return writeList(type, value, audience, memory);
    case Kind::map:
      return writeMap(type, value, audience, memory);
    case Kind::json:
      return parseJson(static_cast<const Json*>(value)->text, maxJsonDepth, memory);
    case Kind::object:
    case Kind::partial:
      return objectOf(type.shape(), value, audience, memory);
  }
  return {};
}

}  // namespace

json::value writeObject(const Shape& shape, const void* object, Audience audience) {
  return objectOf(shape, object, audience, {});
}

json::value writeValue(const Type& type, const void* value, Audience audience) {
  return valueOf(type, value, audience, {});
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
  // The value lives no longer than this: its hundred parts need no allocation each.
  std::array<unsigned char, 16 << 10> room;
  json::monotonic_resource memory(room.data(), room.size());
  return toText(objectOf(shape, object, audience, &memory));
}

}  // namespace openfc::schema
