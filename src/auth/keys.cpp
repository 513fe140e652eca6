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

}  // namespace

AccessKey developmentKey() {
  return {.id = "openfc-development-key",
          .secret = "openfc-development-secret",
          .accountId = "1000000000000001"};
}

Keys::Keys(const std::vector<AccessKey>& keys) {
  for (const AccessKey& key : keys) {
    check(key);
    if (!byId_.emplace(key.id, key).second) {
      throw std::runtime_error("access key '" + key.id + "': the id occurs twice");
    }
  }
}

const AccessKey* Keys::find(std::string_view id) const {
  const auto found = byId_.find(id);
  return found != byId_.end() && found->second.enabled ? &found->second : nullptr;
}

}  // namespace openfc::auth
