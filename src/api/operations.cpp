#include "api/operations.h"

#include "api/account.h"
#include "api/aliases.h"
#include "api/async_configs.h"
#include "api/bucket_tokens.h"
#include "api/capabilities.h"
#include "api/domains.h"
#include "api/download.h"
#include "api/function_logs.h"
#include "api/functions.h"
#include "api/instance_exec.h"
#include "api/instances.h"
#include "api/invoke_function.h"
#include "api/keys_api.h"
#include "api/layers.h"
#include "api/on_demand_configs.h"
#include "api/openapi.h"
#include "api/provision_configs.h"
#include "api/roles_api.h"
#include "api/services.h"
#include "api/stateful_invocations.h"
#include "api/tags.h"
#include "api/triggers.h"
#include "api/versions.h"
#include "api/vpc_bindings.h"

#include <algorithm>

namespace openfc::api {
namespace {

constexpr Operation table[] = {
    // The path of every invocation stands first: it is looked for most often.
    alsoAccepting(
        operation<&invokeFunction>("InvokeFunction", "POST",
                                   "/services/{serviceName}/functions/{functionName}/invocations",
                                   200, "Runs a function with the body as its event."),
        202),
    alsoAccepting(operation<&invokeFunction>("InvokeFunction", "POST",
                                             "/services/{serviceName}/functions/{functionName}",
                                             200, "Runs a function with the body as its event."),
                  202),

    operation<&createService>("CreateService", "POST", "/services", 200, "Creates a service."),
    operation<&deleteService>("DeleteService", "DELETE", "/services/{serviceName}", 200,
                              "Deletes a service that holds nothing."),
    operation<&updateService>("UpdateService", "PUT", "/services/{serviceName}", 200,
                              "Changes a service."),
    operation<&getServiceState>("GetService", "GET", "/services/{serviceName}", 200,
                                "Reads a service."),
    operation<&listServices>("ListServices", "GET", "/services", 200, "Lists services by name."),

    operation<&createFunction>("CreateFunction", "POST", "/services/{serviceName}/functions", 200,
                               "Creates a function in a service."),
    operation<&deleteFunction>("DeleteFunction", "DELETE",
                               "/services/{serviceName}/functions/{functionName}", 200,
                               "Deletes a function."),
    operation<&updateFunction>("UpdateFunction", "PUT",
                               "/services/{serviceName}/functions/{functionName}", 200,
                               "Changes the code or the configuration of a function."),
    operation<&getFunctionState>("GetFunction", "GET",
                                 "/services/{serviceName}/functions/{functionName}", 200,
                                 "Reads a function."),
    operation<&getFunctionCode>("GetFunctionCode", "GET",
                                "/services/{serviceName}/functions/{functionName}/code", 200,
                                "Gives a URL that the code can be downloaded from for a while."),
    operation<&listFunctions>("ListFunctions", "GET", "/services/{serviceName}/functions", 200,
                              "Lists the functions of a service by name."),

    operation<&putProvisionConfig>(
        "PutProvisionConfig", "PUT",
        "/services/{serviceName}/functions/{functionName}/provision-config", 200,
        "Sets how many instances of a function are kept ready."),
    operation<&getProvisionConfig>(
        "GetProvisionConfig", "GET",
        "/services/{serviceName}/functions/{functionName}/provision-config", 200,
        "Reads that configuration and how many instances there are."),
    operation<&listProvisionConfigs>("ListProvisionConfigs", "GET", "/provision-configs", 200,
                                     "Lists those configurations of the account."),
    operation<&putOnDemandConfig>(
        "PutFunctionOnDemandConfig", "PUT",
        "/services/{serviceName}/functions/{functionName}/on-demand-config", 200,
        "Sets how many instances of a function may be started on demand."),
    operation<&getOnDemandConfig>(
        "GetFunctionOnDemandConfig", "GET",
        "/services/{serviceName}/functions/{functionName}/on-demand-config", 200,
        "Reads that configuration."),
    operation<&deleteOnDemandConfig>(
        "DeleteFunctionOnDemandConfig", "DELETE",
        "/services/{serviceName}/functions/{functionName}/on-demand-config", 204,
        "Deletes that configuration."),
    operation<&listOnDemandConfigs>("ListOnDemandConfigs", "GET", "/on-demand-configs", 200,
                                    "Lists those configurations of the account."),

    operation<&publishServiceVersion>("PublishServiceVersion", "POST",
                                      "/services/{serviceName}/versions", 200,
                                      "Freezes a service and all its functions as a new version."),
    operation<&deleteServiceVersion>("DeleteServiceVersion", "DELETE",
                                     "/services/{serviceName}/versions/{versionId}", 204,
                                     "Deletes a version of a service."),
    operation<&listServiceVersions>("ListServiceVersions", "GET",
                                    "/services/{serviceName}/versions", 200,
                                    "Lists the versions of a service by number."),
    operation<&createAlias>("CreateAlias", "POST", "/services/{serviceName}/aliases", 200,
                            "Creates an alias of a version."),
    operation<&deleteAlias>("DeleteAlias", "DELETE", "/services/{serviceName}/aliases/{aliasName}",
                            204, "Deletes an alias."),
    operation<&updateAlias>("UpdateAlias", "PUT", "/services/{serviceName}/aliases/{aliasName}",
                            200, "Changes what an alias names."),
    operation<&getAliasState>("GetAlias", "GET", "/services/{serviceName}/aliases/{aliasName}", 200,
                              "Reads an alias."),
    operation<&listAliases>("ListAliases", "GET", "/services/{serviceName}/aliases", 200,
                            "Lists the aliases of a service by name."),

    operation<&createTrigger>("CreateTrigger", "POST",
                              "/services/{serviceName}/functions/{functionName}/triggers", 200,
                              "Creates a trigger on a function."),
    operation<&deleteTrigger>(
        "DeleteTrigger", "DELETE",
        "/services/{serviceName}/functions/{functionName}/triggers/{triggerName}", 200,
        "Deletes a trigger."),
    operation<&updateTrigger>(
        "UpdateTrigger", "PUT",
        "/services/{serviceName}/functions/{functionName}/triggers/{triggerName}", 200,
        "Changes a trigger."),
    operation<&getTrigger>(
        "GetTrigger", "GET",
        "/services/{serviceName}/functions/{functionName}/triggers/{triggerName}", 200,
        "Reads a trigger."),
    operation<&listTriggers>("ListTriggers", "GET",
                             "/services/{serviceName}/functions/{functionName}/triggers", 200,
                             "Lists the triggers of a function by name."),

    operation<&getTempCodeBucketToken>(
        "GetTempCodeBucketToken", "GET", "/services/{serviceName}/tempCodeBucketToken", 200,
        "Gives credentials for an upload of a function's code to the account's temporary bucket."),
    operation<&getTempBucketToken>(
        "GetTempBucketToken", "GET", "/tempBucketToken", 200,
        "Gives credentials for an upload of a layer's code to the account's temporary bucket."),

    operation<&createDomain>("CreateCustomDomain", "POST", "/custom-domains", 200,
                             "Binds a domain to functions."),
    operation<&deleteDomain>("DeleteCustomDomain", "DELETE", "/custom-domains/{domainName}", 204,
                             "Unbinds a domain."),
    operation<&updateDomain>("UpdateCustomDomain", "PUT", "/custom-domains/{domainName}", 200,
                             "Changes a domain."),
    operation<&getDomain>("GetCustomDomain", "GET", "/custom-domains/{domainName}", 200,
                          "Reads a domain."),
    operation<&listDomains>("ListCustomDomains", "GET", "/custom-domains", 200,
                            "Lists domains by name."),

    answering<InstanceList>(operation<&listInstances>(
        "ListInstances", "GET", "/services/{serviceName}/functions/{functionName}/instances", 200,
        "Lists the instances that serve or can serve a function.")),
    operation<&instanceExec>(
        "InstanceExec", "GET",
        "/services/{serviceName}/functions/{functionName}/instances/{instanceId}/exec", 101,
        "Runs a program in an instance, over a WebSocket."),
    operation<&createVpcBinding>("CreateVpcBinding", "POST", "/services/{serviceName}/binding", 200,
                                 "Binds a service to a VPC."),
    operation<&deleteVpcBinding>("DeleteVpcBinding", "DELETE", "/services/{serviceName}/binding",
                                 200, "Ends that binding."),
    operation<&listVpcBindings>("ListVpcBindings", "GET", "/services/{serviceName}/bindings", 200,
                                "Lists the VPCs that a service is bound to."),
    operation<&getAccountSettings>("GetAccountSettings", "GET", "/account-settings", 200,
                                   "Reads the availability zones and the default role."),
    operation<&getAccountConfigs>("GetAccountConfigs", "GET", "/accountConfigs", 200,
                                  "Reads limits of the account."),
    operation<&listReservedCapacities>("ListReservedCapacities", "GET", "/reservedCapacities", 200,
                                       "Lists the compute that is kept for the account."),

    operation<&tagResource>("TagResource", "POST", "/tag", 200, "Adds or overwrites tags."),
    operation<&untagResource>("UntagResource", "DELETE", "/tag", 200, "Removes tags."),
    operation<&getResourceTags>("GetResourceTags", "GET", "/tag", 200, "Reads the tags."),
    operation<&publishLayerVersion>("PublishLayerVersion", "POST", "/layers/{layerName}/versions",
                                    200, "Publishes a new version of a layer."),
    operation<&deleteLayerVersion>("DeleteLayerVersion", "DELETE",
                                   "/layers/{layerName}/versions/{version}", 200,
                                   "Deletes a version of a layer."),
    operation<&getLayerVersion>("GetLayerVersion", "GET", "/layers/{layerName}/versions/{version}",
                                200, "Reads a version of a layer."),
    operation<&listLayerVersions>("ListLayerVersions", "GET", "/layers/{layerName}/versions", 200,
                                  "Lists the versions of a layer."),
    operation<&listLayers>("ListLayers", "GET", "/layers", 200, "Lists layers by name."),
    operation<&getLayerVersionByArn>("GetLayerVersionByArn", "GET", "/layerarn/{arn}", 200,
                                     "Reads a version of a layer that an ARN names."),
    operation<&putLayerAcl>("PutLayerACL", "PUT", "/layers/{layerName}/acl", 200,
                            "Makes a layer public or private."),
    operation<&publishPublicLayerVersion>("PublishPublicLayerVersion", "POST",
                                          "/layers/{layerName}/versions/{version}", 200,
                                          "Makes one version of a layer public."),
    operation<&permanentlyDeleteLayerVersion>(
        "PermanentDeleteLayerVersion", "POST",
        "/adminlayers/{accountId}/{layerName}/versions/{version}", 200,
        "Deletes a version of a layer of one's own."),

    operation<&putAsyncConfig>(
        "PutFunctionAsyncInvokeConfig", "PUT",
        "/services/{serviceName}/functions/{functionName}/async-invoke-config", 200,
        "Sets how a function's asynchronous invocations are treated."),
    operation<&deleteAsyncConfig>(
        "DeleteFunctionAsyncInvokeConfig", "DELETE",
        "/services/{serviceName}/functions/{functionName}/async-invoke-config", 204,
        "Deletes that configuration."),
    operation<&getAsyncConfig>(
        "GetFunctionAsyncInvokeConfig", "GET",
        "/services/{serviceName}/functions/{functionName}/async-invoke-config", 200,
        "Reads that configuration."),
    operation<&listAsyncConfigs>(
        "ListFunctionAsyncInvokeConfigs", "GET",
        "/services/{serviceName}/functions/{functionName}/async-invoke-configs", 200,
        "Lists a function's configurations by qualifier."),
    operation<&getInvocation>(
        "GetStatefulAsyncInvocation", "GET",
        "/services/{serviceName}/functions/{functionName}/stateful-async-invocations/"
        "{statefulAsyncInvocationId}",
        200, "Reads the record of an asynchronous invocation."),
    operation<&listInvocations>(
        "ListStatefulAsyncInvocations", "GET",
        "/services/{serviceName}/functions/{functionName}/stateful-async-invocations", 200,
        "Lists the records of a function's asynchronous invocations by time."),
    operation<&stopInvocation>(
        "StopStatefulAsyncInvocation", "PUT",
        "/services/{serviceName}/functions/{functionName}/stateful-async-invocations/"
        "{statefulAsyncInvocationId}",
        200, "Stops an asynchronous invocation."),
    operation<&listStatefulFunctions>("ListStatefulAsyncInvocationFunctions", "GET",
                                      "/stateful-async-invocation-functions", 200,
                                      "Lists the functions whose asynchronous runs have records."),

    ownOperation<&downloadCode>("DownloadCode", "GET", "/openfc/code/{digest}", Access::open,
                                "Downloads code by a URL of GetFunctionCode."),
    ownOperation<&readFunctionLogs>("ReadFunctionLogs", "GET",
                                    "/openfc/logs/{serviceName}/{functionName}", Access::account,
                                    "Reads what a function printed."),
    ownOperation<&createAccessKey>("CreateAccessKey", "POST", "/openfc/keys", Access::account,
                                   "Makes an access key; the answer alone shows its secret."),
    ownOperation<&listAccessKeys>("ListAccessKeys", "GET", "/openfc/keys", Access::account,
                                  "Lists the stored access keys of the account."),
    ownOperation<&getAccessKey>("GetAccessKey", "GET", "/openfc/keys/{accessKeyId}",
                                Access::account, "Reads an access key, without its secret."),
    ownOperation<&updateAccessKey>("UpdateAccessKey", "PUT", "/openfc/keys/{accessKeyId}",
                                   Access::account, "Enables, disables, or changes policies."),
    ownOperation<&rotateAccessKey>("RotateAccessKey", "POST", "/openfc/keys/{accessKeyId}/secret",
                                   Access::account, "Gives an access key another secret."),
    ownOperation<&deleteAccessKey>("DeleteAccessKey", "DELETE", "/openfc/keys/{accessKeyId}",
                                   Access::account, "Deletes an access key."),
    ownOperation<&createRole>("CreateRole", "POST", "/openfc/roles", Access::account,
                              "Makes a role."),
    ownOperation<&listRoles>("ListRoles", "GET", "/openfc/roles", Access::account,
                             "Lists the roles of the account."),
    ownOperation<&getRole>("GetRole", "GET", "/openfc/roles/{roleName}", Access::account,
                           "Reads a role."),
    ownOperation<&updateRole>("UpdateRole", "PUT", "/openfc/roles/{roleName}", Access::account,
                              "Changes a role's policies."),
    ownOperation<&deleteRole>("DeleteRole", "DELETE", "/openfc/roles/{roleName}", Access::account,
                              "Deletes a role; its temporary credentials end with it."),
    ownOperation<&assumeRole>("AssumeRole", "POST", "/openfc/roles/{roleName}/credentials",
                              Access::account, "Makes temporary credentials of a role."),
    ownOperation<&getCapabilities>("GetCapabilities", "GET", "/openfc/capabilities", Access::open,
                                   "Tells what the server makes real of every field."),
    ownOperation<&getOpenApi>("GetOpenApi", "GET", "/openapi.json", Access::open, "This document."),
};

}  // namespace

std::span<const Operation> operations() { return table; }

const Operation* findOperation(std::string_view name) {
  const auto* found = std::ranges::find(table, name, &Operation::name);
  return found == std::end(table) ? nullptr : found;
}

}  // namespace openfc::api
