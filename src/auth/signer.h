#pragma once

#include "auth/canonical.h"
#include "base/clock.h"
#include "http/message.h"

#include <string>

namespace openfc::auth {

/// base64(HMAC-SHA256(secret, text)), as it stands in Authorization and x-fc-signature.
std::string signatureOf(std::string_view secret, std::string_view text);

/// Signs requests as the SDKs do: the client's side of Authenticator. A value.
class Signer {
public:
  /// `securityToken`: of temporary credentials.
  Signer(std::string accessKeyId, std::string secret, std::string securityToken = "");

  /// Sets Date (unless the request brings one) and Authorization. Call it last: it signs method,
  /// target, Content-MD5, Content-Type and x-fc-* headers as they are.
  void sign(http::Request& request, Time now) const;
  /// The trigger request's target with the query parameters that replace the headers, good until
  /// `expires`.
  std::string presigned(const http::Request& request, Time expires) const;

private:
  std::string accessKeyId_;
  std::string secret_;
  std::string securityToken_;
};

}  // namespace openfc::auth
