#include "cli/operation_command.h"

#include "base/encoding.h"
#include "cli/code_archive.h"

#include <boost/json.hpp>

#include <limits>
#include <map>
#include <set>

namespace openfc::cli {
namespace {

namespace json = boost::json;
using schema::Field;
using schema::In;
using schema::Kind;
using schema::Shape;
using schema::Type;

void forEachInput(const Shape& shape, std::set<std::string_view>& seen,
                  const std::function<void(const Field&)>& use) {
  for (const Field& field : shape.fields) {
    if (field.rules.readOnly || field.rules.stored) continue;
    if (field.rules.inlined) {
      forEachInput(field.type->shape(), seen, use);
    } else if (seen.insert(field.name).second) {
      use(field);
    }
  }
}

Kind kindOf(const Type& type) {
  return type.kind == Kind::optional ? kindOf(*type.element) : type.kind;
}

bool isStructured(Kind kind) {
  return kind == Kind::object || kind == Kind::partial || kind == Kind::map || kind == Kind::json;
}

std::string rulesOf(const schema::Rules& rules) {
  std::string text;
  const auto number = [](double value) { return json::serialize(json::value(value)); };
  if (rules.min > std::numeric_limits<double>::lowest()) text += " From " + number(rules.min) + ".";
  if (rules.max < std::numeric_limits<double>::max()) text += " Up to " + number(rules.max) + ".";
  for (const std::string_view value : rules.oneOf) {
    if (!value.empty())
      text += (text.ends_with(',') ? " " : " One of: ") + std::string(value) + ",";
  }
  if (text.ends_with(',')) text.back() = '.';
  return text;
}

json::value listOf(std::string_view text) {
  json::array items;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    items.emplace_back(json::string(item.data(), item.size()));
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  }
  return items;
}

/// The path with its parameters put in, the qualifier behind the service's name.
std::string pathOf(const api::Operation& operation, std::map<std::string, std::string> parts) {
  if (const auto qualifier = parts.find("qualifier"); qualifier != parts.end())
    parts["serviceName"] += "." + qualifier->second;
  std::string out;
  std::string_view left(operation.path);
  while (!left.empty()) {
    const auto open = left.find('{');
    out += left.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = left.find('}', open);
    const std::string name(left.substr(open + 1, close - open - 1));
    if (!parts.contains(name)) throw UsageError("--" + name + " is missing");
    out += percentEncode(parts[name]);
    left.remove_prefix(close + 1);
  }
  return (operation.outside ? "" : std::string(api::apiPrefix)) + out;
}

}  // namespace

void forEachInput(const api::Operation& operation, const std::function<void(const Field&)>& use) {
  // A member called body is given within --body, which is the whole of it.
  std::set<std::string_view> seen = {"body"};
  forEachInput(*operation.input(), seen, use);
}

Option optionOf(const Field& field) {
  Option option{.names = "--" + std::string(field.name), .help = std::string(field.doc)};
  const Kind kind = kindOf(*field.type);
  if (kind == Kind::boolean) option.takes = Takes::truth;
  if (kind == Kind::list) option.help += " JSON, or a,b,c.";
  if (isStructured(kind)) option.help += " JSON or @FILE.";
  option.help += rulesOf(field.rules);
  if (field.rules.required) option.help += " Required.";
  return option;
}

json::value valueOf(const Session& session, const Field& field, const std::string& text) {
  const Kind kind = kindOf(*field.type);
  if (kind == Kind::text || kind == Kind::time) return json::value(json::string(text));
  const bool structured = isStructured(kind);
  const std::string content =
      structured || kind == Kind::list ? textOrFile(text, session.world.in) : text;
  std::error_code failure;
  json::value value = json::parse(content, failure);
  if (!failure) return value;
  if (kind == Kind::list) return listOf(content);
  if (structured) throw UsageError("--" + std::string(field.name) + ": not JSON: " + content);
  return json::value(json::string(content));
}

http::Request requestOf(const Session& session, const api::Operation& operation,
                        const Arguments& arguments, json::object body) {
  http::Request request{.method = std::string(operation.method)};
  std::map<std::string, std::string> parts;
  std::string query;
  forEachInput(operation, [&](const Field& field) {
    const std::string name(field.name);
    if (!arguments.has(name)) return;
    const std::string text = arguments.text(name);
    if (field.rules.in == In::path) parts[name] = text;
    if (field.rules.in == In::header) request.headers.add(name, text);
    if (field.rules.in == In::query)
      query += (query.empty() ? "?" : "&") + name + "=" + percentEncode(text);
    if (field.rules.in == In::body) body[name] = valueOf(session, field, text);
  });
  request.target = pathOf(operation, std::move(parts)) + query;
  if (api::readsBody(operation)) {
    request.headers.add("Content-Type", "application/json");
    request.body = json::serialize(body);
  }
  return request;
}

}  // namespace openfc::cli
