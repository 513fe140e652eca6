#include "model/keys.h"

#include "model/names.h"

#include <fmt/core.h>

namespace openfc::model {

std::string serviceKey(std::string_view account, std::string_view service) {
  return fmt::format("service/{}/{}", account, service);
}

std::string servicesPrefix(std::string_view account) { return fmt::format("service/{}/", account); }

std::string functionKey(std::string_view account, std::string_view service,
                        std::string_view function) {
  return fmt::format("function/{}/{}/{}", account, service, function);
}

std::string functionsPrefix(std::string_view account, std::string_view service) {
  return fmt::format("function/{}/{}/", account, service);
}

std::string functionCountKey(std::string_view account, std::string_view service) {
  return fmt::format("function-count/{}/{}", account, service);
}

std::string versionKey(std::string_view account, std::string_view service, int version) {
  return fmt::format("version/{}/{}/{:010}", account, service, version);
}

std::string versionsPrefix(std::string_view account, std::string_view service) {
  return fmt::format("version/{}/{}/", account, service);
}

std::string versionStateKey(std::string_view account, std::string_view service) {
  return fmt::format("version-state/{}/{}", account, service);
}

std::string publishedKey(std::string_view account, std::string_view service, int version,
                         std::string_view function) {
  return publishedPrefix(account, service, version) + std::string(function);
}

std::string publishedPrefix(std::string_view account, std::string_view service, int version) {
  return fmt::format("published/{}/{}/{:010}/", account, service, version);
}

std::string aliasKey(std::string_view account, std::string_view service, std::string_view alias) {
  return fmt::format("alias/{}/{}/{}", account, service, alias);
}

std::string aliasesPrefix(std::string_view account, std::string_view service) {
  return fmt::format("alias/{}/{}/", account, service);
}

std::string triggersPrefix(std::string_view account, std::string_view service,
                           std::string_view function) {
  return fmt::format("trigger/{}/{}/{}/", account, service, function);
}

std::string triggerCountKey(std::string_view account, std::string_view service,
                            std::string_view function) {
  return fmt::format("trigger-count/{}/{}/{}", account, service, function);
}

std::string httpTriggerKey(std::string_view account, std::string_view service,
                           std::string_view function, std::string_view qualifier) {
  return fmt::format("trigger-source/http/{}/{}/{}/{}", account, service, function,
                     kindOf(qualifier) == QualifierKind::latest ? "LATEST" : qualifier);
}

std::string sourceTriggersPrefix(std::string_view type, std::string_view account,
                                 std::string_view resource) {
  return fmt::format("trigger-source/{}/{}/{},", type, account, resource);
}

std::string domainKey(std::string_view account, std::string_view domain) {
  return domainsPrefix(account) + std::string(domain);
}

std::string domainsPrefix(std::string_view account) {
  return fmt::format("custom-domain/{}/", account);
}

std::string hostKey(std::string_view domain) { return fmt::format("{}{}", allHostsPrefix, domain); }

std::string tagsKey(std::string_view account, std::string_view service) {
  return fmt::format("tag/{}/{}", account, service);
}

std::string tagsPrefix(std::string_view account) { return fmt::format("tag/{}/", account); }

std::string asyncConfigKey(std::string_view account, std::string_view service,
                           std::string_view qualifier, std::string_view function) {
  return fmt::format("async-config/{}/{}/{},{}", account, service, qualifier, function);
}

std::string asyncConfigsPrefix(std::string_view account, std::string_view service,
                               std::string_view qualifier) {
  return fmt::format("async-config/{}/{}/{},", account, service, qualifier);
}

std::string asyncConfigsPrefix(std::string_view account, std::string_view service) {
  return fmt::format("async-config/{}/{}/", account, service);
}

std::string asyncConfigsPrefix(std::string_view account) {
  return fmt::format("async-config/{}/", account);
}

std::string provisionKey(std::string_view account, std::string_view service,
                         std::string_view qualifier, std::string_view function) {
  return fmt::format("provision/{}/{}/{},{}", account, service, qualifier, function);
}

std::string provisionsPrefix(std::string_view account, std::string_view service,
                             std::string_view qualifier) {
  return fmt::format("provision/{}/{}/{},", account, service, qualifier);
}

std::string provisionsPrefix(std::string_view account, std::string_view service) {
  return fmt::format("provision/{}/{}/", account, service);
}

std::string provisionsPrefix(std::string_view account) {
  return fmt::format("provision/{}/", account);
}

std::string provisionStateKey(std::string_view account, std::string_view service) {
  return fmt::format("provision-state/{}/{}", account, service);
}

std::string onDemandKey(std::string_view account, std::string_view resource) {
  return fmt::format("on-demand/{}/{}", account, resource);
}

std::string onDemandPrefix(std::string_view account) { return onDemandKey(account, ""); }

std::string vpcBindingsPrefix(std::string_view account, std::string_view service) {
  return fmt::format("vpc-binding/{}/{}/", account, service);
}

std::string layerKey(std::string_view owner, std::string_view layer) {
  return fmt::format("layer/{}/{}", owner, layer);
}

std::string layersPrefix(std::string_view owner) { return fmt::format("layer/{}/", owner); }

std::string layerVersionKey(std::string_view owner, std::string_view layer, int version) {
  return fmt::format("layer-version/{}/{}/{:010}", owner, layer, version);
}

std::string layerVersionsPrefix(std::string_view owner, std::string_view layer) {
  return fmt::format("layer-version/{}/{}/", owner, layer);
}

std::string layerStateKey(std::string_view owner, std::string_view layer) {
  return fmt::format("layer-state/{}/{}", owner, layer);
}

// '#' comes before every byte of a name, so that the order is that of the names.
std::string publicLayerKey(std::string_view owner, std::string_view layer) {
  return fmt::format("public-layer/{}#{}", layer, owner);
}

}  // namespace openfc::model
