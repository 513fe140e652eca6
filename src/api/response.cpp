#include "api/response.h"

#include "api/operation.h"
#include "base/id.h"
#include "base/log.h"

namespace openfc::api {
namespace {

constexpr std::string_view exposedHeaders =
    "Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,x-fc-max-"
    "memory-usage,"
    "x-fc-log-result,x-fc-invocation-code-version";

constexpr std::string_view retryAfter = "1";  // seconds

/// Messages may hold bytes of the request that are not UTF-8: the body is JSON whatever they are.
std::string errorBody(std::string_view code, std::string_view message) {
  std::string quoted;
  log::appendJson(quoted, message);
  std::string out = R"({"ErrorCode":")";
  out += code;
  out += R"(","ErrorMessage":)";
  out += quoted;
  out += R"(,"errorCode":")";
  out += code;
  out += R"(","errorMessage":)";
  out += quoted;
  out += '}';
  return out;
}

}  // namespace

http::Response jsonResponse(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/json; charset=utf-8");
  response.body = std::move(body);
  return response;
}

http::Response emptyResponse(const Context& context) {
  const Operation& operation = *context.call.operation;
  http::Response response;
  const bool deletes = operation.method == "DELETE";
  response.status = deletes && context.settings().deleteWith204 ? 204 : operation.status;
  return response;
}

http::Response errorResponse(const Error& error) {
  http::Response response = jsonResponse(error.status(), errorBody(error.name(), error.message()));
  if (error.status() == 429 || error.status() == 503)
    response.headers.add("Retry-After", std::string(retryAfter));
  return response;
}

void addCommonHeaders(http::Response& response, const std::string& requestId) {
  response.headers.set("X-Fc-Request-Id", requestId);
  response.headers.set("Access-Control-Expose-Headers", std::string(exposedHeaders));
}

http::Response malformedRequest(int status, std::string_view reason) {
  http::Response response = status == 503
                                ? errorResponse(Error(Code::resourceThrottled, std::string(reason)))
                                : jsonResponse(status, errorBody("InvalidArgument", reason));
  addCommonHeaders(response, uuid());
  return response;
}

}  // namespace openfc::api
