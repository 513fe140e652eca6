#include "api/authorize.h"

#include "api/body.h"
#include "api/layer_store.h"
#include "api/operations.h"
#include "api/query.h"
#include "base/encoding.h"
#include "base/error.h"
#include "model/layer.h"
#include "model/tag.h"
#include "schema/json.h"
#include "schema/member.h"

#include <boost/json/value.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <optional>

namespace openfc::api {
namespace {

constexpr std::string_view arnParameter = "resourceArn";
constexpr std::string_view ownPrefix = "/openfc/";
constexpr std::string_view adminLayers = "adminlayers/{accountId}/";
/// No name of a resource is as long; matching longer texts would only cost time.
constexpr std::size_t maxArn = 2048;

const schema::Field* inputField(const Operation& operation, std::string_view name, schema::In in) {
  for (const schema::Field& field : operation.input()->fields) {
    if (field.name == name && field.rules.in == in) return &field;
  }
  return nullptr;
}

bool isParameter(std::string_view segment) { return segment.starts_with('{'); }

/// Whether a path of the table goes on behind this one with a name.
bool isCollection(const Operation& operation) {
  return std::ranges::any_of(operations(), [&](const Operation& other) {
    return other.outside == operation.outside && other.path.starts_with(operation.path) &&
           other.path.substr(operation.path.size()).starts_with("/{");
  });
}

std::string arnPrefix(const Context& context, bool own) {
  return fmt::format("acs:{}:{}:{}:", own ? "openfc" : "fc", context.settings().region,
                     context.account());
}

/// A name of a path as it stands in the store, where the operation takes other spellings of it too:
/// domains in any case, numbers with zeros before them.
std::string normalForm(std::string_view parameter, const std::string& value) {
  if (parameter == "domainName") return toLower(value);
  if (parameter == "version")
    return value.substr(std::min(value.find_first_not_of('0'), value.size()));
  return value;
}

/// The template with the request's names in it; `qualifier` with its dot stands behind a service.
std::string filled(const Context& context, std::string_view pattern, const std::string& qualifier) {
  std::string out;
  while (!pattern.empty()) {
    const auto slash = pattern.find('/');
    std::string_view segment = pattern.substr(0, slash);
    pattern.remove_prefix(std::min(pattern.size(), segment.size() + 1));
    if (!out.empty()) out += '/';
    if (!isParameter(segment)) {
      out += segment;
      continue;
    }
    segment = segment.substr(1, segment.size() - 2);
    const auto found = context.call.path.find(segment);
    if (found != context.call.path.end()) out += normalForm(segment, found->second);
    if (segment == "serviceName") out += qualifier;
  }
  return out;
}

/// The qualifier behind the service's name, or the query's where the operation takes it there.
std::string qualifierOf(const Context& context) {
  const auto found = context.call.path.find("qualifier");
  if (found != context.call.path.end()) return found->second;
  if (inputField(*context.call.operation, "qualifier", schema::In::query) == nullptr) return {};
  return Query(context.request().rawQuery()).find("qualifier").value_or("");
}

/// The text member of a JSON body that the operation will read; "" = none.
std::string memberOf(const std::string& body, std::string_view name) {
  if (body.empty()) return {};
  const boost::json::value value = schema::parseJson(body);
  if (!value.is_object()) return {};
  const boost::json::value* member = schema::findMember(value.get_object(), name);
  if (member == nullptr || !member->is_string()) return {};
  return std::string(member->get_string());
}

/// What a layer's version is called, whichever form of ARN a request names it by, as far as the
/// form tells: that of another account keeps its form.
std::string layerArn(const Context& context, const std::string& given) {
  const auto name = model::layerNameOf(given);
  const std::string prefix = arnPrefix(context, false);
  if (name && name->owner == model::layerOwner(context.account())) {
    return fmt::format("{}layers/{}/versions/{}", prefix, name->layer, name->version);
  }
  return name && given.starts_with("acs:") ? given : prefix + "layerarn/" + given;
}

/// The whole name of a layer's version that the caller can read, of whichever account and region
/// the ARN says.
Task<std::optional<std::string>> wholeLayerArn(Context context, std::string given) {
  const auto name = model::layerNameOf(given);
  if (!name) co_return std::nullopt;
  const auto layer = co_await findReadableLayer(context, *name);
  if (!layer) co_return std::nullopt;
  co_return model::toLongArn(layer->value, context.settings().region);
}

/// What a service is called, whichever form of ARN a request names it by. A text that is no such
/// ARN, which the operation is going to refuse, is called by itself.
std::string serviceArn(const Context& context, std::string given) {
  if (const auto arn = model::parseServiceArn(given)) {
    return toText(model::completed(*arn, context.settings().region, context.account()));
  }
  if (given.starts_with("acs:")) return given;
  return arnPrefix(context, false) + (given.empty() ? "*" : given);
}

void require(const Context& context, std::string_view action,
             const std::vector<std::string>& resources) {
  const std::vector<std::string_view> views(resources.begin(), resources.end());
  const auth::Access access{
      .action = action,
      .resources = views,
      .circumstances = {.sourceIp = context.call.exchange.peerAddress(), .now = context.now()}};
  const auto& caller = context.call.caller;
  const bool readable = resources.front().size() <= maxArn;
  if (readable && caller && caller->permissions.allow(access)) return;
  throw Error(Code::accessDenied,
              fmt::format("the caller is not authorized to perform '{}' on resource '{}'", action,
                          std::string_view(resources.front()).substr(0, maxArn)));
}

}  // namespace

std::string actionOf(const Operation& operation) {
  return (operation.outside ? "openfc:" : "fc:") + std::string(operation.name);
}

std::string resourceTemplate(const Operation& operation) {
  std::string_view path = operation.path;
  const bool named = path.find('{') != std::string_view::npos;
  if (!named && (inputField(operation, arnParameter, schema::In::query) != nullptr ||
                 inputField(operation, arnParameter, schema::In::body) != nullptr)) {
    return {};
  }
  path.remove_prefix(path.starts_with(ownPrefix) ? ownPrefix.size() : 1);
  // A way of its own to a layer that has a name already.
  if (path.starts_with(adminLayers)) {
    return "layers/" + std::string(path.substr(adminLayers.size()));
  }
  const auto slash = path.rfind('/');
  const std::string_view last = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  if (isParameter(last)) return std::string(path);
  if (slash == std::string_view::npos || isCollection(operation)) return std::string(path) + "/*";
  return std::string(path.substr(0, slash));
}

std::vector<std::string> resourcesOf(Context context) {
  const Operation& operation = *context.call.operation;
  if (const auto layer = context.call.path.find("arn"); layer != context.call.path.end()) {
    return {layerArn(context, layer->second)};
  }
  const std::string pattern = resourceTemplate(operation);
  if (pattern.empty()) {
    std::string arn = context.call.body
                          ? memberOf(*context.call.body, arnParameter)
                          : Query(context.request().rawQuery()).find(arnParameter).value_or("");
    return {serviceArn(context, std::move(arn))};
  }
  const std::string prefix = arnPrefix(context, operation.outside);
  const std::string qualifier = qualifierOf(context);
  if (!qualifier.empty() && qualifier != "LATEST") {
    return {prefix + filled(context, pattern, "." + qualifier)};
  }
  std::vector<std::string> out = {prefix + filled(context, pattern, "")};
  std::string latest = prefix + filled(context, pattern, ".LATEST");
  if (latest != out.front()) out.push_back(std::move(latest));
  return out;
}

Task<> findResource(Context context) {
  const Operation& operation = *context.call.operation;
  if (inputField(operation, arnParameter, schema::In::body) != nullptr &&
      resourceTemplate(operation).empty()) {
    context.call.body = co_await context.call.exchange.body(bodyLimit(context.settings()));
  }
  context.call.resources = resourcesOf(context);
  if (const auto arn = context.call.path.find("arn"); arn != context.call.path.end()) {
    if (auto whole = co_await wholeLayerArn(context, arn->second)) {
      context.call.resources = {std::move(*whole)};
    }
  }
}

void requireOperation(const Context& context) {
  require(context, actionOf(*context.call.operation), context.call.resources);
}

void requirePermission(const Context& context, std::string_view action, std::string_view arn) {
  requirePermission(context, action, std::vector<std::string>{std::string(arn)});
}

void requirePermission(const Context& context, std::string_view action,
                       const std::vector<std::string>& arns) {
  const auto& caller = context.call.caller;
  if (!caller || caller->permissions.unrestricted()) return;
  require(context, action, arns);
}

void requirePassRole(const Context& context, std::string_view roleArn) {
  if (!roleArn.empty()) requirePermission(context, "ram:PassRole", roleArn);
}

}  // namespace openfc::api
