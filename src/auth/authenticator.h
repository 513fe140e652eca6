#pragma once

#include "auth/canonical.h"
#include "auth/keys.h"
#include "base/clock.h"
#include "http/message.h"

#include <string>
#include <string_view>

namespace openfc::auth {

/// Who sent a request.
struct Caller {
  std::string accountId;
  std::string accessKeyId;
};

/// Checks signatures. Thread-safe; `keys` must outlive it.
class Authenticator {
public:
  explicit Authenticator(const Keys& keys) : keys_(keys) {}

  /// The caller, or the first failure in this order (api-spec 1.5): no Date →
  /// missingRequiredHeader; no Authorization → accessDenied; malformed → signatureNotMatch; unknown
  /// or disabled key → invalidAccessKeyId; unreadable date → invalidArgument; more than 15 minutes
  /// off → requestTimeTooSkewed; invalid escape → invalidArgument; wrong → signatureNotMatch;
  /// another account's Host → accessDenied. A trigger request without Authorization whose query
  /// holds x-fc-signature is a pre-signed URL: it needs no Date, and expired → accessDenied.
  Caller authenticate(const http::Request& request, Time now) const;
  /// The same for a request whose form the caller knows (trigger on a custom domain).
  Caller authenticate(const http::Request& request, Time now, Form form) const;

private:
  const Keys& keys_;
};

/// The account that a Host header names by a digits-only first label
/// ("1300000000000042.cn-hangzhou.fc.example");
/// "" = none. IP addresses name no account.
std::string_view accountOfHost(std::string_view host);

}  // namespace openfc::auth
