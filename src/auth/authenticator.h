#pragma once

#include "auth/canonical.h"
#include "auth/keys.h"
#include "auth/temporary.h"
#include "base/clock.h"
#include "http/message.h"

#include <string>
#include <string_view>

namespace openfc::auth {

/// Who sent a request.
struct Caller {
  std::string accountId;
  std::string accessKeyId;
  std::string session;      // of temporary credentials: "role/session"
  Permissions permissions;  // what it may do in its account
};

/// Whom an access key, permanent or temporary, stands for, and what it signs with.
struct Identity {
  std::string accountId;
  std::string secret;
  std::string session;  // of temporary credentials: "role/session"
  Permissions permissions;
};

/// From where requests come: functions are strangers, who know the published key too.
enum class Side { clients, functions };

/// Checks signatures. Belongs to the loop, as its keys do; what it is made of must outlive it.
class Authenticator {
public:
  /// Takes permanent keys only.
  explicit Authenticator(const Keys& keys) : keys_(keys) {}
  /// On the side of functions the development key is refused: accessDenied.
  Authenticator(const Keys& keys, const Roles& roles, const Temporary& temporary,
                Side side = Side::clients)
      : keys_(keys), roles_(&roles), temporary_(&temporary), side_(side) {}

  /// The caller, or the first failure in this order (api-spec 1.5): no Date →
  /// missingRequiredHeader; no Authorization → accessDenied; malformed → signatureNotMatch; unknown
  /// or disabled key → invalidAccessKeyId; unreadable date → invalidArgument; more than 15 minutes
  /// off → requestTimeTooSkewed; invalid escape → invalidArgument; wrong → signatureNotMatch;
  /// another account's Host → accessDenied. A request with a security token (header, or query of a
  /// pre-signed URL) is checked with the token's own key: a token that this server did not make, an
  /// expired one, or one of a role that is gone → accessDenied; of another key →
  /// invalidAccessKeyId. A trigger request without Authorization whose query holds x-fc-signature
  /// is a pre-signed URL: it needs no Date, and expired → accessDenied.
  Caller authenticate(const http::Request& request, Time now) const;
  /// The same for a request whose form the caller knows (trigger on a custom domain).
  Caller authenticate(const http::Request& request, Time now, Form form) const;

  /// Whose key this is, for those who check a signature themselves (object storage). Throws
  /// Error{invalidAccessKeyId, accessDenied} as authenticate() does.
  Identity identify(std::string_view accessKeyId, std::string_view securityToken, Time now) const;

private:
  Identity temporary(std::string_view accessKeyId, std::string_view token, Time now) const;

  const Keys& keys_;
  const Roles* roles_ = nullptr;          // null: no temporary credentials
  const Temporary* temporary_ = nullptr;  // the same
  Side side_ = Side::clients;
};

/// The access key id that a request names, whether or not it is good; "" = none, or text that no id
/// looks like. For the audit log.
std::string_view claimedKey(const http::Request& request);
/// What somebody claims to be an access key id, "" when no id looks like it: people paste secrets.
std::string_view plausibleKey(std::string_view id);

/// Who uses temporary credentials, as the audit log has it.
struct SessionName {
  std::string role;  // its ARN; "" = the credentials have none
  std::string session;
};
/// Of the text "role/session"; both are empty when it is.
SessionName sessionOf(std::string_view account, std::string_view session);

/// The account that a Host header names by a digits-only first label
/// ("1300000000000042.cn-hangzhou.fc.example");
/// "" = none. IP addresses name no account.
std::string_view accountOfHost(std::string_view host);

}  // namespace openfc::auth
