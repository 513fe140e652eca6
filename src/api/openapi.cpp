#include "api/openapi.h"

#include "api/operation_errors.h"
#include "api/operations.h"
#include "api/response.h"
#include "base/encoding.h"
#include "schema/json.h"
#include "schema/openapi.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <map>

namespace json = boost::json;

namespace openfc::api {
namespace {

using schema::Components;
using schema::Field;
using schema::In;
using schema::Shape;

json::string toJson(std::string_view text) { return json::string(text.data(), text.size()); }

std::string_view placeOf(In in) {
  switch (in) {
    case In::path:
      return "path";
    case In::query:
      return "query";
    case In::header:
      return "header";
    case In::body:
      break;
  }
  return "";
}

void putParameters(const Shape& shape, const void* defaults, Components& components,
                   json::array& out) {
  for (const Field& field : shape.fields) {
    if (field.rules.inlined && field.type->kind == schema::Kind::object)
      putParameters(field.type->shape(), field.memberOf(defaults), components, out);
    // The qualifier is written behind the service's name; a template cannot say that.
    if (field.rules.in == In::body || (field.rules.in == In::path && field.name == "qualifier"))
      continue;
    json::object schema = schema::openApiOf(field, components, defaults);
    schema.erase("description");
    out.push_back({{"name", toJson(field.name)},
                   {"in", toJson(placeOf(field.rules.in))},
                   {"required", field.rules.required},
                   {"description", toJson(field.doc)},
                   {"schema", std::move(schema)}});
  }
}

json::object headerOf(std::string_view doc) {
  return {{"description", toJson(doc)}, {"schema", {{"type", "string"}}}};
}

void putHeaders(const Shape& shape, json::object& out) {
  for (const Field& field : shape.fields) {
    if (field.rules.inlined) putHeaders(field.type->shape(), out);
    if (field.rules.in != In::header) continue;
    out[field.name] = headerOf(field.doc);
  }
}

/// What an invocation's answer tells beside the function's bytes.
struct HeaderRow {
  std::string_view name;
  std::string_view doc;
};
constexpr HeaderRow ofInvocations[] = {
    {"X-Fc-Error-Type", "The function failed, and how; the body tells why."},
    {"X-Fc-Code-Checksum", "CRC-64 of the code that ran."},
    {"X-Fc-Instance-Id", "The instance that ran it."},
    {"X-Fc-Invocation-Duration", "Milliseconds that it ran."},
    {"X-Fc-Max-Memory-Usage", "MB that the instance used at most."},
    {"X-Fc-Invocation-Code-Version", "The version that ran, or LATEST."},
    {"X-Fc-Invocation-Service-Version", "The same."},
    {"X-Fc-Stateful-Async-Invocation-Id", "The id that the request gave."},
    {"X-Fc-Log-Result", "Where X-Fc-Log-Type is Tail: the end of the log, base64."},
};

json::object jsonContent(json::object schema) {
  return {{"application/json", {{"schema", std::move(schema)}}}};
}

json::object rawContent() {
  return {{"application/octet-stream", {{"schema", {{"type", "string"}, {"format", "binary"}}}}}};
}

json::object successOf(const Operation& operation, Components& components) {
  json::object out{{"description", "Success."}};
  json::object headers{{"X-Fc-Request-Id", headerOf("Names this call, in logs too.")}};
  if (operation.name == "InvokeFunction") {
    for (const HeaderRow& row : ofInvocations) headers[row.name] = headerOf(row.doc);
  }
  const Shape* shape = operation.output();
  if (shape != nullptr) putHeaders(*shape, headers);
  out["headers"] = std::move(headers);
  if (operation.raw) out["content"] = rawContent();
  if (shape != nullptr) out["content"] = jsonContent(schema::referenceTo(*shape, components));
  return out;
}

/// One answer a status, which lists the codes that come with it.
void putErrors(const Operation& operation, json::object& out) {
  std::map<int, std::string> codes;
  for (const auto& list : {errorsOf(operation.name), commonErrors()}) {
    for (const Code code : list) {
      const CodeRow& row = rowOf(code);
      std::string& text = codes[row.status];
      text += (text.empty() ? "" : ", ") + std::string(row.name);
    }
  }
  for (const auto& [status, text] : codes) {
    out[std::to_string(status)] =
        json::object{{"description", toJson(text)},
                     {"content", jsonContent({{"$ref", "#/components/schemas/Error"}})}};
  }
}

json::object answersOf(const Operation& operation, Components& components) {
  json::object out;
  out[std::to_string(operation.status)] = successOf(operation, components);
  if (operation.accepted != 0) {
    out[std::to_string(operation.accepted)] =
        json::object{{"description", "Accepted; the work is done later."}};
  }
  if (operation.access == Access::account) putErrors(operation, out);
  out["default"] = json::object{{"$ref", "#/components/responses/Error"}};
  return out;
}

/// The last row of this name.
const Operation& lastOf(std::string_view name) {
  const Operation* last = nullptr;
  for (const Operation& operation : operations()) {
    if (operation.name == name) last = &operation;
  }
  return *last;
}

std::string capitalised(std::string_view word) {
  std::string out(word);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

/// Ids differ: an operation that is reached by several paths adds the last word of all but its
/// last.
std::string idOf(const Operation& operation) {
  std::string id(operation.name);
  if (&lastOf(operation.name) != &operation)
    id += capitalised(operation.path.substr(operation.path.rfind('/') + 1));
  return id;
}

json::object operationOf(const Operation& operation, Components& components) {
  json::object out{{"operationId", toJson(idOf(operation))}, {"summary", toJson(operation.doc)}};
  json::array parameters;
  const Shape& input = *operation.input();
  input.defaults([&](const void* object) { putParameters(input, object, components, parameters); });
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  if (readsBody(operation)) {
    out["requestBody"] = json::object{
        {"required", true}, {"content", jsonContent(schema::referenceTo(input, components))}};
  } else if (operation.raw && operation.method != "GET") {
    out["requestBody"] = json::object{{"required", false}, {"content", rawContent()}};
  }
  out["responses"] = answersOf(operation, components);
  if (operation.access == Access::account)
    out["security"] = json::array{json::object{{"signature", json::array()}}};
  return out;
}

json::object errorSchema() {
  json::object properties;
  json::array required;
  for (const char* name : {"ErrorCode", "ErrorMessage", "errorCode", "errorMessage"}) {
    properties[name] = json::object{{"type", "string"}};
    required.emplace_back(name);
  }
  return {
      {"type", "object"}, {"required", std::move(required)}, {"properties", std::move(properties)}};
}

json::object errorAnswer() {
  return {{"description", "The request was refused or failed."},
          {"content", jsonContent({{"$ref", "#/components/schemas/Error"}})}};
}

/// Shapes bring further shapes: until none is new.
json::object schemasOf(Components components) {
  json::object out{{"Error", errorSchema()}};
  while (!components.empty()) {
    Components found;
    for (const auto& [name, shape] : components) out[name] = schema::openApiOf(*shape, found);
    std::erase_if(found, [&out](const auto& entry) { return out.contains(entry.first); });
    components = std::move(found);
  }
  return out;
}

}  // namespace

std::string openApiDocument() {
  Components components;
  json::object paths;
  for (const Operation& operation : operations()) {
    auto& path = paths[fullPath(operation)];
    if (!path.is_object()) path.emplace_object();
    path.as_object()[toLower(operation.method)] = operationOf(operation, components);
  }
  const json::object document{
      {"openapi", "3.0.3"},
      {"info", {{"title", "openfc"}, {"version", "2016-08-15"}}},
      {"paths", std::move(paths)},
      {"components",
       {{"schemas", schemasOf(std::move(components))},
        {"responses", {{"Error", errorAnswer()}}},
        {"securitySchemes",
         {{"signature",
           {{"type", "apiKey"},
            {"in", "header"},
            {"name", "Authorization"},
            {"description",
             "FC <access key id>:<signature>, HMAC-SHA256 over the canonical request."}}}}}}}};
  return schema::toText(document);
}

Task<http::Response> getOpenApi(Context, NoInput) {
  co_return jsonResponse(200, openApiDocument());
}

}  // namespace openfc::api
