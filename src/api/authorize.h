#pragma once

#include "api/context.h"
#include "api/operation.h"

#include <string>
#include <string_view>
#include <vector>

/// What an operation is called in policies, what it is done to, and whether the caller may.
namespace openfc::api {

/// "fc:GetService"; openfc's own operations: "openfc:ReadFunctionLogs".
std::string actionOf(const Operation& operation);

/// What an operation's resource is called behind "acs:fc:{region}:{account}:", from its path
/// template: `services/{serviceName}/functions/{functionName}`. A word at the end that names a
/// collection (the whole path, or followed by a name in another operation's path) stands with `/*`;
/// any other says how the resource before it is looked at and is left out. "" = the operation's
/// parameter resourceArn says it.
std::string resourceTemplate(const Operation& operation);

/// All spellings of the ARN that a request is about; a service without qualifier and the same with
/// LATEST are one resource. The first is the one to show.
std::vector<std::string> resourcesOf(Context context);

/// Finds what the request is about, for requireOperation() and the audit log. May read the
/// request's body.
Task<> findResource(Context context);
/// Throws Error{accessDenied} naming action and resource when the caller may not call the operation
/// on what findResource() found.
void requireOperation(const Context& context);
/// The same for an action that only the request's content tells ("ram:PassRole" on a role).
void requirePermission(const Context& context, std::string_view action, std::string_view arn);
/// The same for a resource with several spellings.
void requirePermission(const Context& context, std::string_view action,
                       const std::vector<std::string>& arns);
/// A role in a request's content that the caller may not hand on: ram:PassRole on it is needed.
void requirePassRole(const Context& context, std::string_view roleArn);

}  // namespace openfc::api
