#pragma once

#include <string>
#include <string_view>

/// Where resources stand in the store. Names hold no '/', so each prefix below ends with one: the
/// keys under it are in the byte order of the names, which is the order of lists. Everything of an
/// account is apart from other accounts.
///
///   service/<account>/<service>                         a service's current state
///   function/<account>/<service>/<function>             a function's current state
///   function-count/<account>/<service>                  written by each creation of a function:
///   two creations at the
///                                                       limit cannot both commit
///
///   version/<account>/<service>/<version>               what publishing makes, with the frozen
///                                                       service; a service that has any stays.
///                                                       Ten digits: in the order of the numbers
///   published/<account>/<service>/<version>/<function>  the functions frozen with it; ten digits
///   version-state/<account>/<service>                   gone with the service; each publishing
///                                                       writes it
///   alias/<account>/<service>/<alias>                   a service that has any stays
///   trigger/<account>/<service>/<function>/<trigger>    a function that has any stays
///   trigger-count/<account>/<service>/<function>        written by each creation of a trigger: two
///                                                       that exclude each other cannot both commit
///   trigger-source/                                     each trigger once more, where what fires
///                                                       it looks:
///     http/<account>/<service>/<function>/<qualifier>   one at most
///     timer/<account>/<service>/<function>/<trigger>    all timers in one range
///     <type>/<account>/<resource>,<service>/<function>/<trigger>
///       `resource` as in the source's ARN, behind the account
///
///   custom-domain/<account>/<domain>                    in lower case
///   custom-domain-host/<domain>                         the same once more, of one account only
///
///   tag/<account>/<service>                             gone with the service
///   async-config/<account>/<service>/<qualifier>,<function>
///     gone with what the qualifier names, that of LATEST with the function. The comma stands
///     before all that names hold, so that the order is that of the qualifiers
///   provision/<account>/<service>/<qualifier>,<function>
///     like async-config; a function that has any stays
///   provision-state/<account>/<service>                 written by each write of a configuration:
///                                                       a function that gets one and is deleted
///   on-demand/<account>/services/<service>.<qualifier>/functions/<function>
///     may be without what it names; the key is its resource's name, in whose order lists are
///   vpc-binding/<account>/<service>/<vpc>               gone with the service
///   stateful/, stateful-payload/, stateful-time/, stateful-status/
///     see invoke/async_records.h
///
///   layer/<owner>/<layer>                               its highest version that is left; `owner`
///                                                       is model::layerOwner() of an account
///   layer-version/<owner>/<layer>/<version>             ten digits: in the order of the numbers
///   layer-state/<owner>/<layer>                         stays for ever; each write of the layer
///                                                       writes it
///   public-layer/<layer>#<owner>                        its highest version that is public
namespace openfc::model {

std::string serviceKey(std::string_view account, std::string_view service);
/// All services of an account.
std::string servicesPrefix(std::string_view account);

std::string functionKey(std::string_view account, std::string_view service,
                        std::string_view function);
/// All functions of a service.
std::string functionsPrefix(std::string_view account, std::string_view service);
std::string functionCountKey(std::string_view account, std::string_view service);

std::string versionKey(std::string_view account, std::string_view service, int version);
std::string versionsPrefix(std::string_view account, std::string_view service);
std::string versionStateKey(std::string_view account, std::string_view service);
std::string publishedKey(std::string_view account, std::string_view service, int version,
                         std::string_view function);
/// All functions frozen with a version.
std::string publishedPrefix(std::string_view account, std::string_view service, int version);

std::string aliasKey(std::string_view account, std::string_view service, std::string_view alias);
std::string aliasesPrefix(std::string_view account, std::string_view service);
/// All triggers of a function.
std::string triggersPrefix(std::string_view account, std::string_view service,
                           std::string_view function);
std::string triggerCountKey(std::string_view account, std::string_view service,
                            std::string_view function);
/// The HTTP trigger of a function under a qualifier: LATEST, a version or an alias.
std::string httpTriggerKey(std::string_view account, std::string_view service,
                           std::string_view function, std::string_view qualifier);
/// All triggers of a type that a resource fires, e.g. those of the bucket `photos`.
std::string sourceTriggersPrefix(std::string_view type, std::string_view account,
                                 std::string_view resource);

/// `domain` in lower case.
std::string domainKey(std::string_view account, std::string_view domain);
/// All custom domains of an account.
std::string domainsPrefix(std::string_view account);
/// The custom domain of whatever account, `domain` in lower case.
std::string hostKey(std::string_view domain);

std::string tagsKey(std::string_view account, std::string_view service);
/// The tags of all services of an account.
std::string tagsPrefix(std::string_view account);

/// `qualifier` as it is shown: LATEST, a version or an alias.
std::string asyncConfigKey(std::string_view account, std::string_view service,
                           std::string_view qualifier, std::string_view function);
/// All functions' asynchronous-invocation configurations under one qualifier of a service.
std::string asyncConfigsPrefix(std::string_view account, std::string_view service,
                               std::string_view qualifier);
/// The same under all qualifiers of a service.
std::string asyncConfigsPrefix(std::string_view account, std::string_view service);
/// The same of all services of an account.
std::string asyncConfigsPrefix(std::string_view account);

/// `qualifier` as it is shown: LATEST, a version or an alias.
std::string provisionKey(std::string_view account, std::string_view service,
                         std::string_view qualifier, std::string_view function);
/// All functions' provision configurations under one qualifier of a service.
std::string provisionsPrefix(std::string_view account, std::string_view service,
                             std::string_view qualifier);
std::string provisionsPrefix(std::string_view account, std::string_view service);
std::string provisionsPrefix(std::string_view account);
std::string provisionStateKey(std::string_view account, std::string_view service);
/// `resource` as onDemandResource() makes it.
std::string onDemandKey(std::string_view account, std::string_view resource);
std::string onDemandPrefix(std::string_view account);

/// The VPCs that a service is bound to.
std::string vpcBindingsPrefix(std::string_view account, std::string_view service);

std::string layerKey(std::string_view owner, std::string_view layer);
/// All layers of an owner.
std::string layersPrefix(std::string_view owner);
std::string layerVersionKey(std::string_view owner, std::string_view layer, int version);
std::string layerVersionsPrefix(std::string_view owner, std::string_view layer);
std::string layerStateKey(std::string_view owner, std::string_view layer);
std::string publicLayerKey(std::string_view owner, std::string_view layer);

/// All functions of all accounts, e.g. to find the packages in use.
inline constexpr std::string_view allFunctionsPrefix = "function/";
inline constexpr std::string_view allServicesPrefix = "service/";
inline constexpr std::string_view allPublishedPrefix = "published/";
inline constexpr std::string_view allAliasesPrefix = "alias/";
inline constexpr std::string_view allLayerVersionsPrefix = "layer-version/";
inline constexpr std::string_view allProvisionsPrefix = "provision/";
inline constexpr std::string_view allOnDemandPrefix = "on-demand/";
/// All timers of all accounts.
inline constexpr std::string_view timersPrefix = "trigger-source/timer/";
inline constexpr std::string_view allHostsPrefix = "custom-domain-host/";
inline constexpr std::string_view publicLayersPrefix = "public-layer/";

}  // namespace openfc::model
