#pragma once

#include "model/names.h"
#include "schema/shape.h"

/// Rows that several operations' inputs share.
namespace openfc::api {

template <auto member>
consteval schema::Field nameInPath(std::string_view name, std::string_view doc) {
  return schema::field<member>(name, doc,
                               {.required = true,
                                .maxLength = model::maxName,
                                .pattern = &model::namePattern,
                                .in = schema::In::path});
}

template <auto member>
consteval schema::Field nameInBody(std::string_view name, std::string_view doc) {
  return schema::field<member>(
      name, doc, {.required = true, .maxLength = model::maxName, .pattern = &model::namePattern});
}

template <auto member>
consteval schema::Field qualifier() {
  return schema::field<member>("qualifier",
                               "Version, alias or LATEST, behind the service's name and a dot.",
                               {.maxLength = model::maxName, .in = schema::In::path});
}

template <auto member>
consteval schema::Field ifMatch() {
  return schema::field<member>("If-Match", "ETag of the state that may be changed.",
                               {.maxLength = 1024, .in = schema::In::header});
}

template <auto member>
consteval schema::Field etag() {
  return schema::field<member>("Etag", "Names this state of the resource.",
                               {.in = schema::In::header});
}

template <auto member>
consteval schema::Field nextToken() {
  return schema::field<member>("nextToken", "Asks for the next page; absent at the end.",
                               {.omitNull = true});
}

}  // namespace openfc::api
