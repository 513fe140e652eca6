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
///   version/<account>/<service>/<version>               what publishing makes; a service that has
///   any alias/<account>/<service>/<alias>                   stays
///   trigger/<account>/<service>/<function>/<trigger>    a function that has any stays
///
///   tag/<account>/<service>                             gone with the service
///   async-config/<account>/<service>/<qualifier>,<function>
///     gone with what the qualifier names, that of LATEST with the function. The comma stands
///     before all that names hold, so that the order is that of the qualifiers
///   stateful/, stateful-payload/, stateful-time/, stateful-status/
///     see invoke/async_records.h
///
/// Room for more: provision/ with the same order of parts, and
/// published/<account>/<service>/<version>/… for what a version freezes.
namespace openfc::model {

std::string serviceKey(std::string_view account, std::string_view service);
/// All services of an account.
std::string servicesPrefix(std::string_view account);

std::string functionKey(std::string_view account, std::string_view service,
                        std::string_view function);
/// All functions of a service.
std::string functionsPrefix(std::string_view account, std::string_view service);
std::string functionCountKey(std::string_view account, std::string_view service);

std::string versionsPrefix(std::string_view account, std::string_view service);
std::string aliasesPrefix(std::string_view account, std::string_view service);
/// All triggers of a function.
std::string triggersPrefix(std::string_view account, std::string_view service,
                           std::string_view function);

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

/// All functions of all accounts, e.g. to find the packages in use.
inline constexpr std::string_view allFunctionsPrefix = "function/";
inline constexpr std::string_view allServicesPrefix = "service/";

}  // namespace openfc::model
