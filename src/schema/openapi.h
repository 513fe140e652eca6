#pragma once

#include "schema/shape.h"

#include <boost/json/fwd.hpp>

#include <map>
#include <string>

namespace openfc::schema {

/// The shapes that a document refers to by name.
using Components = std::map<std::string, const Shape*, std::less<>>;

/// The OpenAPI 3.0 schema of one row; what it refers to is put into `components`. `owner` is a
/// default-made object that holds the member; null: the member has no default.
boost::json::object openApiOf(const Field& field, Components& components, const void* owner);
/// What a client gets that leaves the member out; null for what is required, has no single value or
/// is an empty text.
boost::json::value defaultOf(const Field& field, const void* owner);
/// The schema of a struct itself: its body rows. An update's rows are all optional.
boost::json::object openApiOf(const Shape& shape, Components& components);
/// {"$ref": …} to a struct.
boost::json::object referenceTo(const Shape& shape, Components& components);

}  // namespace openfc::schema
