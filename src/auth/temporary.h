#pragma once

#include "base/clock.h"
#include "base/vault.h"

#include <optional>
#include <string>
#include <string_view>

namespace openfc::auth {

/// What temporary credentials are good for. Whoever checks them demands the permission of every
/// part that is there: of the role's policies as they stand then, and of `policy`.
struct TemporaryScope {
  std::string accountId;
  std::string role;     // name of the account's role; "" = `policy` alone says what is allowed
  std::string roleId;   // Role::id, so that a later role of the name does not revive them
  std::string session;  // who got them, for the audit log: "service/function"
  std::string policy;   // a RAM policy document; "" = the role alone says it. Never both empty
  bool operator==(const TemporaryScope&) const = default;
};

/// What a client signs with.
struct TemporaryCredentials {
  std::string accessKeyId;  // begins with "STS."
  std::string accessKeySecret;
  std::string securityToken;
  Time expiration;
};

/// What a security token turned out to hold.
struct OpenedToken {
  TemporaryScope scope;
  std::string accessKeyId;
  std::string accessKeySecret;
  Time expiration;  // the caller compares it with the clock
};

/// Makes temporary credentials and knows them again: the token is the scope, sealed with a key of
/// this server, so that no table is needed and every server of the same host key takes it.
/// Thread-safe.
class Temporary {
public:
  /// Ids of temporary keys begin so; other keys need no token (the Node SDK sends its token only
  /// with such an id).
  static constexpr std::string_view idPrefix = "STS.";
  /// A longer token is no token of ours. Scopes beyond it are refused by make().
  static constexpr std::size_t maxToken = 8192;

  explicit Temporary(const Vault& vault);

  /// Good until `expiration` (whole seconds). Throws std::invalid_argument for a scope that has
  /// neither role nor policy, or that is too large for a token.
  TemporaryCredentials make(const TemporaryScope& scope, Time expiration) const;
  /// Nothing: not a token that this server made.
  std::optional<OpenedToken> open(std::string_view token) const;

private:
  std::string secretOf(std::string_view accessKeyId) const;

  Vault vault_;
  std::string secretKey_;
};

}  // namespace openfc::auth
