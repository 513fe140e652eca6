#pragma once

#include "api/context.h"
#include "base/error.h"

#include <string>
#include <string_view>

namespace openfc::api {

http::Response jsonResponse(int status, std::string body);
/// The operation's success status without a body; deletions as the settings say.
http::Response emptyResponse(const Context& context);
/// The body that clients read errors from: code and message under both spellings.
http::Response errorResponse(const Error& error);
/// The headers that every answer carries.
void addCommonHeaders(http::Response& response, const std::string& requestId);
/// The answer to a request that the HTTP server refused before it reached a handler
/// (http::ErrorResponse).
http::Response malformedRequest(int status, std::string_view reason);

}  // namespace openfc::api
