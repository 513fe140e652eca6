#pragma once

#include "api/capabilities.h"

#include <string>

namespace openfc::api {

/// The whole API as an OpenAPI 3.0 document, from the table of operations and the shapes.
std::string openApiDocument();
Task<http::Response> getOpenApi(Context context, NoInput input);

}  // namespace openfc::api
