#pragma once

#include "auth/policy.h"
#include "base/error.h"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace openfc::auth {

struct AccessKey {
  std::string id;
  std::string secret;
  std::string accountId;  // decimal; the account whose resources the key opens
  bool enabled = true;
  Policies policies = nullptr;  // what it may do; null = everything in its account
};

/// Whose account a fresh installation serves.
inline constexpr std::string_view developmentAccount = "1234567890123456";
/// The fixed key that every fresh installation accepts while all of its listeners are on loopback.
AccessKey developmentKey();
/// Whether its id and secret are the published ones, whatever the account.
bool isDevelopmentKey(const AccessKey& key);

namespace detail {
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
template <class T>
using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
}  // namespace detail

/// The access keys that the server knows, by id: those of the configuration, which stay, and those
/// of the store, which come and go. Belongs to the loop.
class Keys {
public:
  Keys() = default;
  /// The configuration's. Throws std::runtime_error for an empty or repeated id, a colon or blank
  /// in it, an empty secret, or an account that is not a decimal number.
  explicit Keys(const std::vector<AccessKey>& keys);

  /// Null: there is no such key, or it is disabled. Good until the next put() or erase().
  const AccessKey* find(std::string_view id) const;
  bool empty() const { return byId_.empty(); }

  /// Adds or replaces a key of the store. False: the configuration has one of this id, which stays.
  bool put(AccessKey key);
  /// Forgets a key of the store.
  void erase(std::string_view id);
  /// The configuration's keys of one account, by id.
  std::vector<AccessKey> configured(std::string_view account) const;

private:
  struct Entry {
    AccessKey key;
    bool configured = false;
  };
  detail::ByText<Entry> byId_;
};

/// What temporary credentials of a role are bound to.
struct Role {
  std::string id;     // of its creation: credentials of an earlier role of the name are not its own
  Policies policies;  // what it may do
};

/// The roles of all accounts. Belongs to the loop.
class Roles {
public:
  void put(std::string_view account, std::string_view name, Role role);
  void erase(std::string_view account, std::string_view name);
  /// Null: there is no such role. Good until the next put() or erase().
  const Role* find(std::string_view account, std::string_view name) const;

private:
  detail::ByText<Role> roles_;  // by "account/name"
};

/// "acs:ram::{account}:role/{name}"
std::string roleArn(std::string_view account, std::string_view role);
/// Error{accessDenied} for a role that cannot be taken on, in the words that clients know.
Error noSuchRole(std::string_view arn);
/// The name in a role's ARN of this account; "" = none, or another account's.
std::string_view roleOf(std::string_view arn, std::string_view account);

}  // namespace openfc::auth
