#include "api/openapi.h"

#include "api/operations.h"
#include "api/response.h"
#include "base/encoding.h"
#include "schema/json.h"
#include "schema/openapi.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

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

void putParameters(const Shape& shape, Components& components, json::array& out) {
  for (const Field& field : shape.fields) {
    if (field.rules.inlined) putParameters(field.type->shape(), components, out);
    // The qualifier is written behind the service's name; a template cannot say that.
    if (field.rules.in == In::body || (field.rules.in == In::path && field.name == "qualifier"))
      continue;
    out.push_back({{"name", toJson(field.name)},
                   {"in", toJson(placeOf(field.rules.in))},
                   {"required", field.rules.required},
                   {"description", toJson(field.doc)},
                   {"schema", schema::openApiOf(field, components)}});
  }
}

void putHeaders(const Shape& shape, json::object& out) {
  for (const Field& field : shape.fields) {
    if (field.rules.inlined) putHeaders(field.type->shape(), out);
    if (field.rules.in != In::header) continue;
    out[field.name] =
        json::object{{"description", toJson(field.doc)}, {"schema", {{"type", "string"}}}};
  }
}

json::object jsonContent(json::object schema) {
  return {{"application/json", {{"schema", std::move(schema)}}}};
}

json::object successOf(const Operation& operation, Components& components) {
  json::object out{{"description", "Success."}};
  if (operation.output() == nullptr) return out;
  const Shape& shape = *operation.output();
  json::object headers;
  putHeaders(shape, headers);
  if (!headers.empty()) out["headers"] = std::move(headers);
  out["content"] = jsonContent(schema::referenceTo(shape, components));
  return out;
}

json::object operationOf(const Operation& operation, Components& components) {
  json::object out{{"operationId", toJson(operation.name)}, {"summary", toJson(operation.doc)}};
  json::array parameters;
  putParameters(*operation.input(), components, parameters);
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  if (readsBody(operation)) {
    out["requestBody"] =
        json::object{{"required", true},
                     {"content", jsonContent(schema::referenceTo(*operation.input(), components))}};
  }
  const std::string status = std::to_string(operation.status);
  out["responses"] = json::object{{status, successOf(operation, components)},
                                  {"default", {{"$ref", "#/components/responses/Error"}}}};
  if (operation.access == Access::account)
    out["security"] = json::array{json::object{{"signature", json::array()}}};
  return out;
}

json::object errorComponent() {
  json::object properties;
  for (const char* name : {"ErrorCode", "ErrorMessage", "errorCode", "errorMessage"}) {
    properties[name] = json::object{{"type", "string"}};
  }
  return {{"description", "The request was refused or failed."},
          {"content", jsonContent({{"type", "object"}, {"properties", std::move(properties)}})}};
}

/// Shapes bring further shapes: until none is new.
json::object schemasOf(Components components) {
  json::object out;
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
        {"responses", {{"Error", errorComponent()}}},
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
