#include "api/operation.h"
#include "api/operations.h"
#include "base/encoding.h"
#include "cli/code_archive.h"
#include "cli/command.h"

#include <boost/json.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

/// `openfc api <Operation>`: every operation of the table as a command.
namespace openfc::cli {
namespace {

namespace json = boost::json;
using schema::Field;
using schema::In;
using schema::Kind;
using schema::Shape;
using schema::Type;

/// Calls `use` with each row that a client may set; a name once, that of the path first. A member
/// called body is given within --body, which is the whole of it.
template <class Use>
void forEachInput(const Shape& shape, std::set<std::string_view>& seen, const Use& use) {
  for (const Field& field : shape.fields) {
    if (field.rules.readOnly || field.rules.stored) continue;
    if (field.rules.inlined) {
      forEachInput(field.type->shape(), seen, use);
    } else if (seen.insert(field.name).second) {
      use(field);
    }
  }
}

template <class Use>
void forEachInput(const api::Operation& operation, const Use& use) {
  std::set<std::string_view> seen = {"body"};
  forEachInput(*operation.input(), seen, use);
}

Kind kindOf(const Type& type) {
  return type.kind == Kind::optional ? kindOf(*type.element) : type.kind;
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

std::string helpOf(const Field& field) {
  std::string help(field.doc);
  const Kind kind = kindOf(*field.type);
  if (kind == Kind::object || kind == Kind::partial || kind == Kind::map) help += " JSON object.";
  if (kind == Kind::list) help += " JSON array, or values with commas.";
  help += rulesOf(field.rules);
  if (field.rules.required) help += " Required.";
  return help;
}

std::vector<Option> optionsOf(const api::Operation& operation) {
  std::vector<Option> options;
  forEachInput(operation, [&](const Field& field) {
    options.push_back({"--" + std::string(field.name), helpOf(field)});
  });
  if (operation.raw || api::readsBody(operation))
    options.push_back({"--body", "The body, or @FILE (@- is standard input). Flags win"});
  options.push_back({"-v,--verbose", "Show status and headers of the answer", Takes::nothing});
  return options;
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

/// What a flag says as the JSON that its row takes; what is none is left to the server to refuse.
json::value valueOf(const Field& field, const std::string& text) {
  const Kind kind = kindOf(*field.type);
  if (kind == Kind::text || kind == Kind::time) return json::value(json::string(text));
  std::error_code failure;
  json::value value = json::parse(text, failure);
  if (!failure) return value;
  if (kind == Kind::list) return listOf(text);
  const bool structured = kind == Kind::object || kind == Kind::partial || kind == Kind::map;
  if (structured) throw UsageError("--" + std::string(field.name) + ": not JSON: " + text);
  return json::value(json::string(text));
}

std::string givenBody(const Session& session) {
  const std::string text = session.arguments.text("body");
  return text.starts_with('@') ? contentOf(text.substr(1), session.world.in) : text;
}

json::object jsonBody(const Session& session) {
  if (!session.arguments.has("body")) return {};
  std::error_code failure;
  json::value value = json::parse(givenBody(session), failure);
  if (failure || !value.is_object()) throw UsageError("--body: not a JSON object");
  return std::move(value.as_object());
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
    if (!parts.contains(name)) throw UsageError("--" + name + " is required");
    out += percentEncode(parts[name]);
    left.remove_prefix(close + 1);
  }
  return (operation.outside ? "" : std::string(api::apiPrefix)) + out;
}

http::Request requestOf(const Session& session, const api::Operation& operation) {
  http::Request request{.method = std::string(operation.method)};
  std::map<std::string, std::string> parts;
  std::string query;
  json::object body = api::readsBody(operation) ? jsonBody(session) : json::object();
  forEachInput(operation, [&](const Field& field) {
    const std::string name(field.name);
    if (!session.arguments.has(name)) return;
    const std::string text = session.arguments.text(name);
    if (field.rules.in == In::path) parts[name] = text;
    if (field.rules.in == In::header) request.headers.add(name, text);
    if (field.rules.in == In::query)
      query += (query.empty() ? "?" : "&") + name + "=" + percentEncode(text);
    if (field.rules.in == In::body) body[name] = valueOf(field, text);
  });
  request.target = pathOf(operation, std::move(parts)) + query;
  if (api::readsBody(operation)) {
    request.headers.add("Content-Type", "application/json");
    request.body = json::serialize(body);
  } else if (operation.raw && session.arguments.has("body")) {
    request.headers.add("Content-Type", "application/octet-stream");
    request.body = givenBody(session);
  }
  return request;
}

Exit run(const Session& session, const api::Operation& operation) {
  const http::Response response = session.client.call(requestOf(session, operation));
  if (session.arguments.has("verbose")) {
    session.output.note("HTTP " + std::to_string(response.status));
    for (const http::Header& header : response.headers.all())
      session.output.note(header.name + ": " + header.value);
  }
  const std::string type(response.headers.find("content-type").value_or(""));
  std::error_code failure;
  const bool isJson = type.starts_with("application/json");
  const json::value value = isJson ? json::parse(response.body, failure) : json::value();
  session.output.result(isJson && !failure ? prettyJson(value) : response.body);
  return response.headers.has("x-fc-error-type") ? Exit::functionError : Exit::ok;
}

}  // namespace

void addApi(std::vector<Command>& rows) {
  std::set<std::string_view> seen;
  for (const api::Operation& operation : api::operations()) {
    if (!seen.insert(operation.name).second) continue;
    rows.push_back({"api " + std::string(operation.name), std::string(operation.doc),
                    optionsOf(operation),
                    [&operation](const Session& session) { return run(session, operation); }});
  }
}

}  // namespace openfc::cli
