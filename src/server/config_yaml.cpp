// The configuration file: YAML, read by the same table as flags and environment.

#include "base/nearest.h"
#include "schema/read.h"
#include "server/config.h"

#include <boost/json.hpp>

#include <fmt/core.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <map>

namespace openfc::server {
namespace {

namespace json = boost::json;

/// The shape of the objects behind this type, if there are any.
const schema::Shape* shapeBehind(const schema::Type& type) {
  if (type.kind == schema::Kind::object) return &type.shape();
  if (type.kind == schema::Kind::list || type.kind == schema::Kind::optional) {
    return shapeBehind(*type.element);
  }
  return nullptr;
}

void refuseUnknownAndRepeated(const YAML::Node& node, const schema::Shape& shape,
                              const std::string& name) {
  if (node.IsSequence()) {
    for (const auto& item : node) refuseUnknownAndRepeated(item, shape, name);
    return;
  }
  if (!node.IsMap()) return;
  std::map<std::string, int> lines;
  for (const auto& entry : node) {
    const auto key = entry.first.as<std::string>();
    const int line = entry.first.Mark().line + 1;
    const schema::Field* found = nullptr;
    std::vector<std::string> known;
    for (const schema::Field& field : shape.fields) {
      if (field.name == key) found = &field;
      known.emplace_back(field.name);
    }
    if (found == nullptr) {
      throw ConfigError(
          fmt::format("{}:{}: unknown key '{}'{}", name, line, key, didYouMean(key, known)));
    }
    const auto [first, isFirst] = lines.emplace(key, line);
    if (!isFirst) {
      throw ConfigError(fmt::format("{}:{}: the key '{}' stands in line {} already", name, line,
                                    key, first->second));
    }
    if (const auto* inner = shapeBehind(*found->type))
      refuseUnknownAndRepeated(entry.second, *inner, name);
  }
}

json::value scalarOf(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return json::string(text);  // quoted: a text whatever it looks like
  if (text == "true" || text == "false") return text == "true";
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && !text.starts_with('0'))
    return number;
  if (text == "0") return 0;
  return json::string(text);
}

json::value toJson(const YAML::Node& node) {
  if (node.IsMap()) {
    json::object object;
    for (const auto& entry : node) object[entry.first.as<std::string>()] = toJson(entry.second);
    return object;
  }
  if (node.IsSequence()) {
    json::array array;
    for (const auto& item : node) array.push_back(toJson(item));
    return array;
  }
  if (node.IsScalar()) return scalarOf(node);
  return nullptr;
}

/// A text member may be written as a bare number (accountId: 1234): give the reader what the row
/// wants.
void asRowsWant(json::object& object, const schema::Shape& shape) {
  for (const schema::Field& field : shape.fields) {
    auto* value = object.if_contains(field.name);
    if (value == nullptr) continue;
    if (field.type->kind == schema::Kind::text && value->is_int64()) {
      *value = json::string(std::to_string(value->as_int64()));
    }
    const auto* inner = shapeBehind(*field.type);
    if (inner == nullptr) continue;
    if (value->is_object()) asRowsWant(value->as_object(), *inner);
    if (!value->is_array()) continue;
    for (auto& item : value->as_array()) {
      if (item.is_object()) asRowsWant(item.as_object(), *inner);
    }
  }
}

}  // namespace

void readYaml(Config& config, const std::string& text, const std::string& name) {
  const schema::Shape& shape = schema::shapeFor<Config>();
  json::value value;
  try {
    const YAML::Node node = YAML::Load(text);
    if (node.IsNull()) return;
    if (!node.IsMap()) throw ConfigError(name + ":1: the file must hold keys and values");
    refuseUnknownAndRepeated(node, shape, name);
    value = toJson(node);
  } catch (const YAML::Exception& error) {
    throw ConfigError(fmt::format("{}:{}: {}", name, error.mark.line + 1, error.msg));
  }
  asRowsWant(value.as_object(), shape);
  schema::Problems problems;
  schema::readBody(shape, &config, value, schema::Source::configuration, problems);
  if (!problems.empty()) throw ConfigError(name + ": " + problems.text());
}

}  // namespace openfc::server
