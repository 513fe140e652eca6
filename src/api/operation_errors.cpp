#include "api/operation_errors.h"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace openfc::api {
namespace {

using enum Code;

struct Row {
  std::string_view operation;
  std::initializer_list<Code> codes;
};

constexpr Code common[] = {
    invalidArgument,     missingRequiredHeader, pathNotSupported,     accessDenied,
    signatureNotMatch,   invalidAccessKeyId,    requestTimeTooSkewed, resourceExhausted,
    internalServerError, resourceThrottled,     serviceUnavailable,
};

constexpr Row rows[] = {
    {"CreateService", {serviceAlreadyExists, limitExceeded}},
    {"DeleteService",
     {serviceNotFound, preconditionFailed, serviceNotEmpty, concurrentUpdateError}},
    {"UpdateService", {serviceNotFound, preconditionFailed, concurrentUpdateError}},
    {"GetService", {serviceNotFound, versionNotFound, aliasNotFound}},
    {"ListServices", {}},
    {"CreateFunction",
     {serviceNotFound, functionAlreadyExists, limitExceeded, entityTooLarge, layerVersionNotFound}},
    {"DeleteFunction",
     {serviceNotFound, functionNotFound, preconditionFailed, functionNotEmpty, provisionConfigExist,
      concurrentUpdateError}},
    {"UpdateFunction",
     {serviceNotFound, functionNotFound, preconditionFailed, concurrentUpdateError, entityTooLarge,
      layerVersionNotFound}},
    {"GetFunction", {serviceNotFound, versionNotFound, aliasNotFound, functionNotFound}},
    {"GetFunctionCode", {serviceNotFound, versionNotFound, aliasNotFound, functionNotFound}},
    {"ListFunctions", {serviceNotFound, versionNotFound, aliasNotFound}},
    {"InvokeFunction",
     {serviceNotFound, versionNotFound, aliasNotFound, functionNotFound, entityTooLarge,
      statefulAsyncInvocationAlreadyExists}},
    {"CreateTrigger",
     {serviceNotFound, functionNotFound, versionNotFound, aliasNotFound, triggerAlreadyExists,
      limitExceeded}},
    {"DeleteTrigger",
     {serviceNotFound, functionNotFound, triggerNotFound, preconditionFailed,
      concurrentUpdateError}},
    {"UpdateTrigger",
     {serviceNotFound, functionNotFound, triggerNotFound, versionNotFound, aliasNotFound,
      preconditionFailed, concurrentUpdateError}},
    {"GetTrigger", {serviceNotFound, functionNotFound, triggerNotFound}},
    {"ListTriggers", {serviceNotFound, functionNotFound}},
    {"PublishServiceVersion",
     {serviceNotFound, versionPublishError, preconditionFailed, concurrentUpdateError}},
    {"DeleteServiceVersion", {serviceNotFound, versionNotFound}},
    {"ListServiceVersions", {serviceNotFound}},
    {"CreateAlias", {serviceNotFound, versionNotFound, aliasAlreadyExists}},
    {"DeleteAlias", {serviceNotFound, aliasNotFound, preconditionFailed}},
    {"UpdateAlias",
     {serviceNotFound, aliasNotFound, versionNotFound, preconditionFailed, concurrentUpdateError}},
    {"GetAlias", {serviceNotFound, aliasNotFound}},
    {"ListAliases", {serviceNotFound}},
    {"CreateCustomDomain", {domainNameAlreadyExists, limitExceeded}},
    {"DeleteCustomDomain", {domainNameNotFound}},
    {"UpdateCustomDomain", {domainNameNotFound, concurrentUpdateError}},
    {"GetCustomDomain", {domainNameNotFound}},
    {"ListCustomDomains", {}},
    {"PutProvisionConfig",
     {serviceNotFound, aliasNotFound, versionNotFound, functionNotFound, preconditionFailed}},
    {"GetProvisionConfig", {serviceNotFound, aliasNotFound, versionNotFound, functionNotFound}},
    {"ListProvisionConfigs", {serviceNotFound}},
    {"CreateVpcBinding", {serviceNotFound}},
    {"DeleteVpcBinding", {serviceNotFound}},
    {"ListVpcBindings", {serviceNotFound}},
    {"PutFunctionOnDemandConfig", {preconditionFailed}},
    {"GetFunctionOnDemandConfig", {onDemandConfigNotFound}},
    {"DeleteFunctionOnDemandConfig", {onDemandConfigNotFound, preconditionFailed}},
    {"TagResource", {serviceNotFound}},
    {"UntagResource", {serviceNotFound}},
    {"GetResourceTags", {serviceNotFound}},
    {"PutFunctionAsyncInvokeConfig",
     {serviceNotFound, versionNotFound, aliasNotFound, functionNotFound}},
    {"DeleteFunctionAsyncInvokeConfig", {serviceNotFound, functionNotFound, asyncConfigNotExists}},
    {"GetFunctionAsyncInvokeConfig",
     {serviceNotFound, versionNotFound, aliasNotFound, functionNotFound, asyncConfigNotExists}},
    {"ListFunctionAsyncInvokeConfigs", {serviceNotFound, functionNotFound}},
    {"GetStatefulAsyncInvocation",
     {serviceNotFound, versionNotFound, aliasNotFound, functionNotFound,
      statefulAsyncInvocationNotFound}},
    {"ListStatefulAsyncInvocations",
     {serviceNotFound, versionNotFound, aliasNotFound, functionNotFound}},
    {"StopStatefulAsyncInvocation",
     {serviceNotFound, versionNotFound, aliasNotFound, functionNotFound,
      statefulAsyncInvocationNotFound}},
    {"PublishLayerVersion", {entityTooLarge, limitExceeded}},
    {"DeleteLayerVersion", {layerVersionNotFound}},
    {"GetLayerVersion", {layerVersionNotFound}},
    {"ListLayerVersions", {layerNotFound}},
    {"ListLayers", {}},
    {"ListInstances", {serviceNotFound, versionNotFound, aliasNotFound, functionNotFound}},
    {"InstanceExec", {serviceNotFound, versionNotFound, aliasNotFound, functionNotFound}},
};

constexpr auto names = [] {
  std::array<std::string_view, std::size(rows)> out;
  std::ranges::transform(rows, out.begin(), &Row::operation);
  return out;
}();

}  // namespace

std::span<const Code> commonErrors() { return common; }

std::span<const Code> errorsOf(std::string_view operation) {
  const auto* found = std::ranges::find(rows, operation, &Row::operation);
  return found == std::end(rows) ? std::span<const Code>() : std::span(found->codes);
}

std::span<const std::string_view> operationsWithErrors() { return names; }

}  // namespace openfc::api
