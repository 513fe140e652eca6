#include "auth/keys.h"

#include <algorithm>
#include <stdexcept>

namespace openfc::auth {
namespace {

void check(const AccessKey& key) {
  const auto refuse = [&key](const char* reason) {
    throw std::runtime_error("access key '" + key.id + "': " + reason);
  };
  const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  if (key.id.empty()) refuse("the id is empty");
  if (key.id.find_first_of(": \t\r\n") != std::string::npos) {
    refuse("the id holds a colon or a blank");
  }
  if (key.secret.empty()) refuse("the secret is empty");
  if (key.accountId.empty() || !std::ranges::all_of(key.accountId, isDigit)) {
    refuse("the account id is not a decimal number");
  }
}

std::string joined(std::string_view account, std::string_view role) {
  return std::string(account) + '/' + std::string(role);
}

}  // namespace

AccessKey developmentKey() {
  return {.id = "openfc-development-key",
          .secret = "openfc-development-secret",
          .accountId = std::string(developmentAccount)};
}

bool isDevelopmentKey(const AccessKey& key) {
  const AccessKey published = developmentKey();
  return key.id == published.id && key.secret == published.secret;
}

Keys::Keys(const std::vector<AccessKey>& keys) {
  for (const AccessKey& key : keys) {
    check(key);
    if (!byId_.emplace(key.id, Entry{key, true}).second) {
      throw std::runtime_error("access key '" + key.id + "': the id occurs twice");
    }
  }
}

const AccessKey* Keys::find(std::string_view id) const {
  const auto found = byId_.find(id);
  return found != byId_.end() && found->second.key.enabled ? &found->second.key : nullptr;
}

bool Keys::put(AccessKey key) {
  const auto found = byId_.find(key.id);
  if (found != byId_.end() && found->second.configured) return false;
  std::string id = key.id;
  byId_.insert_or_assign(std::move(id), Entry{std::move(key), false});
  return true;
}

void Keys::erase(std::string_view id) {
  const auto found = byId_.find(id);
  if (found != byId_.end() && !found->second.configured) byId_.erase(found);
}

std::vector<AccessKey> Keys::configured(std::string_view account) const {
  std::vector<AccessKey> out;
  for (const auto& [id, entry] : byId_) {
    if (entry.configured && entry.key.accountId == account) out.push_back(entry.key);
  }
  std::ranges::sort(out, {}, &AccessKey::id);
  return out;
}

void Roles::put(std::string_view account, std::string_view name, Role role) {
  roles_.insert_or_assign(joined(account, name), std::move(role));
}

void Roles::erase(std::string_view account, std::string_view name) {
  roles_.erase(joined(account, name));
}

const Role* Roles::find(std::string_view account, std::string_view name) const {
  const auto found = roles_.find(joined(account, name));
  return found == roles_.end() ? nullptr : &found->second;
}

std::string roleArn(std::string_view account, std::string_view role) {
  return "acs:ram::" + std::string(account) + ":role/" + std::string(role);
}

Error noSuchRole(std::string_view arn) {
  return {Code::accessDenied,
          "No permission to assume the role '" + std::string(arn) + "' for you"};
}

std::string_view roleOf(std::string_view arn, std::string_view account) {
  const std::string prefix = roleArn(account, "");
  return arn.starts_with(prefix) ? arn.substr(prefix.size()) : std::string_view();
}

}  // namespace openfc::auth
