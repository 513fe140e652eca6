#include "base/error.h"

#include <algorithm>
#include <utility>

namespace openfc {
namespace {

constexpr CodeRow rows[] = {
    {Code::invalidArgument, "InvalidArgument", 400, "{}"},
    {Code::missingRequiredHeader, "MissingRequiredHeader", 400,
     "required HTTP header {} was not specified"},
    {Code::pathNotSupported, "PathNotSupported", 400, "'{}' against '{}' is not supported"},
    {Code::entityTooLarge, "EntityTooLarge", 400,
     "payload size exceeds maximum allowed size ({} bytes)"},
    {Code::limitExceeded, "LimitExceededError", 400, "the number of {} exceeds the limit ({})"},
    {Code::accessDenied, "AccessDenied", 403, "{}"},
    {Code::signatureNotMatch, "SignatureNotMatch", 403,
     "The request signature we calculated does not match the signature you provided. Check your "
     "access key and signing method"},
    {Code::invalidAccessKeyId, "InvalidAccessKeyID", 403, "invalid access key ID '{}'"},
    {Code::requestTimeTooSkewed, "RequestTimeTooSkewed", 403,
     "the difference between the request time '{}' and the current time '{}' is too large"},
    {Code::serviceNotFound, "ServiceNotFound", 404, "service '{}' does not exist"},
    {Code::functionNotFound, "FunctionNotFound", 404,
     "function '{}' does not exist in service '{}'"},
    {Code::aliasNotFound, "AliasNotFound", 404, "alias '{}' of service '{}' does not exist"},
    {Code::versionNotFound, "VersionNotFound", 404, "version '{}' of service '{}' does not exist"},
    {Code::triggerNotFound, "TriggerNotFound", 404,
     "trigger '{}' does not exist in function '{}' of service '{}'"},
    {Code::domainNameNotFound, "DomainNameNotFound", 404, "domain name '{}' does not exist"},
    {Code::layerNotFound, "LayerNotFound", 404, "layer '{}' does not exist"},
    {Code::layerVersionNotFound, "LayerVersionNotFound", 404,
     "version '{}' of layer '{}' does not exist"},
    {Code::asyncConfigNotExists, "AsyncConfigNotExists", 404,
     "async invoke config of '{}' does not exist"},
    {Code::onDemandConfigNotFound, "OnDemandConfigNotFound", 404,
     "on-demand config of '{}' does not exist"},
    {Code::statefulAsyncInvocationNotFound, "StatefulAsyncInvocationNotFound", 404,
     "stateful async invocation '{}' does not exist"},
    {Code::serviceAlreadyExists, "ServiceAlreadyExists", 409, "service '{}' already exists"},
    {Code::functionAlreadyExists, "FunctionAlreadyExists", 409,
     "function '{}' already exists in service '{}'"},
    {Code::triggerAlreadyExists, "TriggerAlreadyExists", 409, "trigger '{}' already exists"},
    {Code::aliasAlreadyExists, "AliasAlreadyExists", 409,
     "alias '{}' of service '{}' already exists"},
    {Code::domainNameAlreadyExists, "DomainNameAlreadyExists", 409,
     "domain name '{}' already exists"},
    {Code::statefulAsyncInvocationAlreadyExists, "StatefulAsyncInvocationAlreadyExists", 409,
     "stateful async invocation '{}' already exists"},
    {Code::serviceNotEmpty, "ServiceNotEmpty", 409, "service '{}' has active '{}'."},
    {Code::functionNotEmpty, "FunctionNotEmpty", 409, "function '{}' has active '{}'."},
    {Code::provisionConfigExist, "ProvisionConfigExist", 409,
     "function '{}' still has a provision config"},
    {Code::versionPublishError, "VersionPublishError", 409, "no change since version '{}'"},
    {Code::concurrentUpdateError, "ConcurrentUpdateError", 409,
     "the resource is being updated by another request"},
    {Code::preconditionFailed, "PreconditionFailed", 412,
     "the resource being modified has been changed"},
    {Code::resourceExhausted, "ResourceExhausted", 429, "{}"},
    {Code::resourceThrottled, "ResourceThrottled", 503, "{}"},
    {Code::internalServerError, "InternalServerError", 500,
     "an internal error has occurred. Please retry"},
    {Code::serviceUnavailable, "ServiceUnavailable", 503, "{}"},
};

}  // namespace

const CodeRow& rowOf(Code code) { return rows[static_cast<std::size_t>(code)]; }

std::span<const CodeRow> codeRows() { return rows; }

Error::Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

Error errorOf(Code code, std::initializer_list<std::string_view> arguments) {
  std::string_view left = rowOf(code).message;
  std::string message;
  for (std::string_view argument : arguments) {
    const auto place = left.find("{}");
    if (place == std::string_view::npos) break;
    message += left.substr(0, place);
    message += argument;
    left.remove_prefix(place + 2);
  }
  message += left;
  return {code, std::move(message)};
}

Error invalidArgument(std::string message) { return {Code::invalidArgument, std::move(message)}; }

}  // namespace openfc
