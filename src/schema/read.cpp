#include "schema/read.h"

#include "base/encoding.h"
#include "base/error.h"
#include "base/time_text.h"
#include "schema/json.h"
#include "schema/json_memory.h"
#include "schema/member.h"
#include "schema/rules.h"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace json = boost::json;

namespace openfc::schema {
namespace {

std::string below(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : path + "." + std::string(name);
}

std::string_view textOf(const json::string& text) { return {text.data(), text.size()}; }

template <class Number>
std::optional<Number> parsedNumber(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

/// Whole numbers only; nothing when it is another kind of value, a fraction or too large.
std::optional<std::int64_t> integerIn(const json::value& value) {
  if (const auto* number = value.if_int64()) return *number;
  if (const auto* number = value.if_double()) {
    constexpr double exact = 9007199254740992.0;  // 2^53: beyond it not every integer has a double
    if (!(std::abs(*number) <= exact) || std::trunc(*number) != *number) return {};
    return static_cast<std::int64_t>(*number);
  }
  if (const auto* text = value.if_string()) return parsedNumber<std::int64_t>(textOf(*text));
  return {};
}

std::optional<double> numberIn(const json::value& value) {
  std::optional<double> number;
  if (const auto* real = value.if_double()) number = *real;
  if (const auto* whole = value.if_int64()) number = static_cast<double>(*whole);
  if (const auto* whole = value.if_uint64()) number = static_cast<double>(*whole);
  if (const auto* text = value.if_string()) number = parsedNumber<double>(textOf(*text));
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<bool> booleanIn(const json::value& value) {
  if (const auto* boolean = value.if_bool()) return *boolean;
  const auto* text = value.if_string();
  if (text == nullptr) return {};
  if (sameIgnoringCase(textOf(*text), "true")) return true;
  if (sameIgnoringCase(textOf(*text), "false")) return false;
  return {};
}

class Reader {
public:
  Reader(Source source, Problems& problems) : source_(source), problems_(problems) {}

  void object(const Shape& shape, void* to, const json::object& from, const std::string& path,
              std::vector<const Field*>* present = nullptr) {
    if (source_ == Source::configuration) refuseUnknown(shape, from, path);
    rows(shape, to, from, path, present);
  }

  /// One member and its rules.
  void member(const Field& field, void* to, const json::value& from, const std::string& path) {
    const bool sound = value(*field.type, to, from, path);
    if (sound && source_ != Source::store) checkRules(field, to, path, problems_);
  }

private:
  void rows(const Shape& shape, void* to, const json::object& from, const std::string& path,
            std::vector<const Field*>* present) {
    for (const Field& field : shape.fields) {
      const Rules& rules = field.rules;
      if (rules.in != In::body) continue;
      if (source_ != Source::store && (rules.readOnly || rules.stored)) continue;
      if (rules.inlined) {
        inlined(field, to, from, path, present);
        continue;
      }
      row(field, to, from, path, present);
    }
  }

  void row(const Field& field, void* to, const json::object& from, const std::string& path,
           std::vector<const Field*>* present) {
    const json::value* given = findMember(from, field.name);
    if (given != nullptr && !given->is_null()) {
      if (present != nullptr) present->push_back(&field);
      member(field, field.member(to), *given, below(path, field.name));
    } else if (field.rules.required && present == nullptr && source_ != Source::store) {
      problems_.add(below(path, field.name) + " is required");
    }
  }

  void inlined(const Field& field, void* to, const json::object& from, const std::string& path,
               std::vector<const Field*>* present) {
    const Type& type = *field.type;
    void* inner = field.member(to);
    if (type.kind == Kind::partial) {
      rows(type.shape(), type.partialValue(inner), from, path, &type.partialPresent(inner));
    } else {
      rows(type.shape(), inner, from, path, present);
    }
  }

  bool value(const Type& type, void* to, const json::value& from, const std::string& path) {
    switch (type.kind) {
      case Kind::boolean:
        return scalar<bool>(to, booleanIn(from), path, "a boolean");
      case Kind::integer:
        return integer(type, to, from, path);
      case Kind::number:
        return scalar<double>(to, numberIn(from), path, "a number");
      case Kind::text:
        return text(to, from, path);
      case Kind::time:
        return time(to, from, path);
      case Kind::json:
        return anything(to, from);
      case Kind::list:
        return list(type, to, from, path);
      case Kind::map:
        return map(type, to, from, path);
      case Kind::optional:
        return value(*type.element, type.append(to), from, path);
      case Kind::object:
      case Kind::partial:
        return nested(type, to, from, path);
    }
    return false;
  }

  template <class T>
  bool scalar(void* to, const std::optional<T>& given, const std::string& path,
              std::string_view kind) {
    if (!given) return refuse(path, kind);
    *static_cast<T*>(to) = *given;
    return true;
  }

  bool refuse(const std::string& path, std::string_view kind) {
    problems_.add(fmt::format("{} must be {}", path, kind));
    return false;
  }

  bool integer(const Type& type, void* to, const json::value& from, const std::string& path) {
    const auto given = integerIn(from);
    if (!given || *given < type.lowest || *given > type.highest) return refuse(path, "an integer");
    type.setInteger(to, *given);
    return true;
  }

  bool text(void* to, const json::value& from, const std::string& path) {
    const auto* given = from.if_string();
    if (given == nullptr) return refuse(path, "a string");
    static_cast<std::string*>(to)->assign(given->data(), given->size());
    return true;
  }

  bool time(void* to, const json::value& from, const std::string& path) {
    const auto* given = from.if_string();
    const auto parsed = given != nullptr ? fromIso(textOf(*given)) : std::nullopt;
    return scalar<Time>(to, parsed, path,
                        "a UTC time before the year 2262 such as 2022-03-01T08:00:00Z");
  }

  static bool anything(void* to, const json::value& from) {
    static_cast<Json*>(to)->text = toText(from);
    return true;
  }

  bool list(const Type& type, void* to, const json::value& from, const std::string& path) {
    const auto* given = from.if_array();
    if (given == nullptr) return refuse(path, "a list");
    type.clear(to);
    bool sound = true;
    for (std::size_t i = 0; i < given->size(); ++i) {
      void* element = type.append(to);
      if (!value(*type.element, element, (*given)[i], fmt::format("{}[{}]", path, i)))
        sound = false;
    }
    return sound;
  }

  bool map(const Type& type, void* to, const json::value& from, const std::string& path) {
    const auto* given = from.if_object();
    if (given == nullptr) return refuse(path, "an object");
    type.clear(to);
    bool sound = true;
    for (const auto& entry : *given) {
      const std::string_view key(entry.key().data(), entry.key().size());
      if (entry.value().is_null()) continue;
      if (!value(*type.element, type.insert(to, key), entry.value(), below(path, key)))
        sound = false;
    }
    return sound;
  }

  bool nested(const Type& type, void* to, const json::value& from, const std::string& path) {
    const auto* given = from.if_object();
    if (given == nullptr) return refuse(path, "an object");
    if (type.kind == Kind::partial) {
      object(type.shape(), type.partialValue(to), *given, path, &type.partialPresent(to));
    } else {
      object(type.shape(), to, *given, path);
    }
    return true;
  }

  void refuseUnknown(const Shape& shape, const json::object& from, const std::string& path) {
    for (const auto& entry : from) {
      const std::string_view key(entry.key().data(), entry.key().size());
      if (!known(shape, key)) problems_.add(below(path, key) + " is unknown");
    }
  }

  static bool known(const Shape& shape, std::string_view key) {
    return std::ranges::any_of(shape.fields, [key](const Field& field) {
      return field.rules.inlined ? known(field.type->shape(), key)
                                 : sameIgnoringCase(field.name, key);
    });
  }

  Source source_;
  Problems& problems_;
};

bool structured(const Type& type) {
  if (type.kind == Kind::optional) return structured(*type.element);
  return type.kind == Kind::map || type.kind == Kind::object || type.kind == Kind::list;
}

/// A text as the JSON value that it stands for: JSON where the type needs it, commas for lists of
/// texts.
json::value valueOfText(const Type& type, std::string_view text) {
  if (!structured(type)) return json::value(json::string(text.data(), text.size()));
  if (text.starts_with('[') || text.starts_with('{')) return parseJson(text);
  json::array items;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    items.emplace_back(json::string(item.data(), item.size()));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  }
  return items;
}

}  // namespace

const json::value* findMember(const json::object& object, std::string_view name) {
  if (const json::value* exact = object.if_contains({name.data(), name.size()})) return exact;
  for (const auto& member : object) {
    const std::string_view key(member.key().data(), member.key().size());
    if (sameIgnoringCase(key, name)) return &member.value();
  }
  return nullptr;
}

void Problems::add(std::string problem) {
  constexpr std::size_t shown = 20;
  if (++count_ <= shown) problems_.push_back(std::move(problem));
}

std::string Problems::text() const {
  std::string out;
  for (const std::string& problem : problems_) {
    if (!out.empty()) out += "; ";
    out += problem;
  }
  if (count_ > problems_.size()) out += fmt::format("; and {} more", count_ - problems_.size());
  return out;
}

void Problems::throwIfAny() const {
  if (!empty()) throw invalidArgument(text());
}

void readBody(const Shape& shape, void* object, const json::value& body, Source source,
              Problems& problems) {
  const auto* members = body.if_object();
  if (members == nullptr) {
    problems.add("the body must be a JSON object");
    return;
  }
  Reader(source, problems).object(shape, object, *members, "");
}

void detail::readPart(const Shape& shape, void* value, std::vector<const Field*>& present,
                      const json::value& body, Problems& problems) {
  const auto* members = body.if_object();
  if (members == nullptr) {
    problems.add("the body must be a JSON object");
    return;
  }
  Reader(Source::client, problems).object(shape, value, *members, "", &present);
}

void readParameters(const Shape& shape, void* object, const Parameters& parameters,
                    Problems& problems) {
  for (const Field& field : shape.fields) {
    if (field.rules.inlined && field.type->kind == Kind::object) {
      readParameters(field.type->shape(), field.member(object), parameters, problems);
      continue;
    }
    if (field.rules.in == In::body) continue;
    const auto given = parameters(field.rules.in, field.name);
    if (given && !given->empty()) {
      readText(field, object, *given, problems);
    } else if (field.rules.required) {
      problems.add(std::string(field.name) + " is required");
    }
  }
}

void readText(const Field& field, void* object, std::string_view text, Problems& problems) {
  Reader reader(Source::client, problems);
  reader.member(field, field.member(object), valueOfText(*field.type, text),
                std::string(field.name));
}

void detail::readOrThrow(const Shape& shape, void* object, const json::value& value,
                         Source source) {
  Problems problems;
  readBody(shape, object, value, source, problems);
  if (source == Source::store && !problems.empty()) {
    throw std::runtime_error(fmt::format("read a stored {}: {}", shape.name, problems.text()));
  }
  problems.throwIfAny();
}

void detail::readTextOrThrow(const Shape& shape, void* object, std::string_view text,
                             Source source) {
  // The parsed value lives no longer than this: its hundred parts need no allocation each.
  std::array<unsigned char, 16 << 10> room;
  json::monotonic_resource memory(room.data(), room.size());
  try {
    // A client's JSON may stand in a document as a member.
    const std::size_t depth = source == Source::store ? 2 * maxJsonDepth : maxJsonDepth;
    readOrThrow(shape, object, parseJson(text, depth, &memory), source);
  } catch (const Error& error) {
    if (source == Source::store)
      throw std::runtime_error(fmt::format("read a stored {}: {}", shape.name, error.message()));
    throw;
  }
}

}  // namespace openfc::schema
