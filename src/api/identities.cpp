#include "api/identities.h"

#include "base/error.h"
#include "base/log.h"
#include "model/document.h"

#include <functional>
#include <utility>

namespace openfc::api {
namespace {

constexpr std::size_t pageSize = 500;

/// Account and name behind the prefix of a key of the store.
std::pair<std::string_view, std::string_view> partsOf(std::string_view key,
                                                      std::string_view prefix) {
  key.remove_prefix(prefix.size());
  const auto slash = key.find('/');
  return {key.substr(0, slash), key.substr(slash + 1)};
}

}  // namespace

auth::Policies compiled(const model::PolicyDocuments& documents) {
  std::vector<auth::Policy> policies;
  for (const auto& [name, document] : documents) {
    try {
      policies.push_back(auth::Policy::parse(document));
    } catch (const auth::PolicyError& error) {
      throw invalidArgument("policies." + name + ": " + error.what());
    }
  }
  return std::make_shared<const std::vector<auth::Policy>>(std::move(policies));
}

Identities::Identities(store::Documents& documents, auth::Keys& keys, auth::Roles& roles)
    : documents_(documents), keys_(keys), roles_(roles) {
  documents_.watch(std::string(model::allAccessKeysPrefix),
                   [this](const store::Change& change) { keyChanged(change); });
  documents_.watch(std::string(model::allRolesPrefix),
                   [this](const store::Change& change) { roleChanged(change); });
}

Task<> Identities::load() {
  co_await load(std::string(model::allAccessKeysPrefix), &Identities::keyChanged);
  co_await load(std::string(model::allRolesPrefix), &Identities::roleChanged);
}

Task<> Identities::load(std::string prefix, void (Identities::*take)(const store::Change&)) {
  std::string from;
  for (;;) {
    auto documents = co_await documents_.page(prefix, from, pageSize);
    for (store::Document& document : documents) {
      from = document.key + '\0';
      (this->*take)({document.key, std::move(document.value), document.revision});
    }
    if (documents.size() < pageSize) break;
  }
}

void Identities::keyChanged(const store::Change& change) {
  const auto [account, id] = partsOf(change.key, model::allAccessKeysPrefix);
  keys_.erase(id);
  if (!change.value) return;
  try {
    auto key = model::fromDocument<model::AccessKey>(*change.value);
    const bool taken =
        keys_.put({.id = std::string(id),
                   .secret = std::move(key.secret),
                   .accountId = std::string(account),
                   .enabled = key.config.enabled,
                   .policies = key.config.fullAccess ? nullptr : compiled(key.config.policies)});
    if (!taken) log::warn("a stored key has the id of a configured one", {{"accessKeyId", id}});
  } catch (const std::exception& error) {
    log::error("a stored key cannot be used", {{"accessKeyId", id}, {"reason", error.what()}});
  }
}

void Identities::roleChanged(const store::Change& change) {
  const auto [account, name] = partsOf(change.key, model::allRolesPrefix);
  roles_.erase(account, name);
  if (!change.value) return;
  try {
    auto role = model::fromDocument<model::Role>(*change.value);
    roles_.put(account, name, {std::move(role.roleId), compiled(role.config.policies)});
  } catch (const std::exception& error) {
    log::error("a stored role cannot be used", {{"role", name}, {"reason", error.what()}});
  }
}

}  // namespace openfc::api
