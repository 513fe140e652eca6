#include "auth/signer.h"

#include "base/encoding.h"
#include "base/time_text.h"

#include <utility>

namespace openfc::auth {

std::string signatureOf(std::string_view secret, std::string_view text) {
  return toBase64(hmacSha256(secret, text));
}

Signer::Signer(std::string accessKeyId, std::string secret, std::string securityToken)
    : accessKeyId_(std::move(accessKeyId)),
      secret_(std::move(secret)),
      securityToken_(std::move(securityToken)) {}

void Signer::sign(http::Request& request, Time now) const {
  if (!securityToken_.empty()) request.headers.set("X-Fc-Security-Token", securityToken_);
  const bool replaced = request.headers.has("x-fc-date");
  if (!replaced && !request.headers.has("date")) request.headers.add("Date", toHttpDate(now));
  const std::string date(request.headers.find(replaced ? "x-fc-date" : "date").value_or(""));
  const std::string text = stringToSign(request, date, formOf(request.rawPath()));
  request.headers.set("Authorization", "FC " + accessKeyId_ + ":" + signatureOf(secret_, text));
}

std::string Signer::presigned(const http::Request& request, Time expires) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(expires.time_since_epoch()).count();
  const std::string date = std::to_string(seconds);
  http::Request full = request;
  full.target += request.target.find('?') == std::string::npos ? '?' : '&';
  full.target += std::string(accessKeyParameter) + '=' + percentEncode(accessKeyId_);
  full.target += '&' + std::string(expiresParameter) + '=' + date;
  if (!securityToken_.empty()) {
    full.target += '&' + std::string(tokenParameter) + '=' + percentEncode(securityToken_);
  }
  const std::string text = stringToSign(full, date, Form::trigger);
  return full.target + '&' + std::string(signatureParameter) + '=' +
         percentEncode(signatureOf(secret_, text));
}

}  // namespace openfc::auth
