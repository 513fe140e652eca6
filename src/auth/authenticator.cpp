#include "auth/authenticator.h"

#include "auth/signer.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/time_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace openfc::auth {
namespace {

constexpr std::chrono::seconds allowedSkew(900);

/// What a request claims: who signed it, when, and the signature.
struct Claim {
  std::string accessKeyId;
  std::string signature;
  std::string date;           // the DATE line
  std::string securityToken;  // of temporary credentials
  std::optional<std::chrono::seconds>
      expires;  // pre-signed: since 1970; the date is not compared with the clock
};

bool isDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view valueOf(const http::Request& request, std::string_view name) {
  return trimmed(request.headers.find(name).value_or(""));
}

Error missingCredentials() {
  return {Code::accessDenied, "required HTTP header Authorization was not specified"};
}

/// "FC id:signature"; the id ends at the last colon.
Claim claimOfHeader(std::string_view authorization, std::string_view date) {
  constexpr std::string_view scheme = "FC ";
  if (!authorization.starts_with(scheme)) throw errorOf(Code::signatureNotMatch);
  const std::string_view credentials = trimmed(authorization.substr(scheme.size()));
  const auto colon = credentials.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == credentials.size()) {
    throw errorOf(Code::signatureNotMatch);
  }
  return {.accessKeyId = std::string(credentials.substr(0, colon)),
          .signature = std::string(credentials.substr(colon + 1)),
          .date = std::string(date)};
}

Claim claimOfQuery(std::string_view query, std::string signature) {
  Claim claim{.accessKeyId = queryValue(query, accessKeyParameter),
              .signature = std::move(signature),
              .date = queryValue(query, expiresParameter),
              .securityToken = queryValue(query, tokenParameter)};
  if (claim.accessKeyId.empty()) throw errorOf(Code::signatureNotMatch);
  std::int64_t seconds = 0;
  const char* end = claim.date.data() + claim.date.size();
  const auto read = std::from_chars(claim.date.data(), end, seconds);
  if (read.ec != std::errc() || read.ptr != end || seconds < 0) {
    throw invalidArgument(std::string(expiresParameter) +
                          " must be a number of seconds since 1970-01-01 (actual: '" + claim.date +
                          "')");
  }
  claim.expires = std::chrono::seconds(seconds);
  return claim;
}

Claim claimOf(const http::Request& request, Form form) {
  const std::string_view authorization = valueOf(request, "authorization");
  if (authorization.empty() && form == Form::trigger) {
    std::string signature = queryValue(request.rawQuery(), signatureParameter);
    if (!signature.empty()) return claimOfQuery(request.rawQuery(), std::move(signature));
  }
  std::string_view date = valueOf(request, "x-fc-date");
  if (date.empty()) date = valueOf(request, "date");
  if (date.empty()) throw errorOf(Code::missingRequiredHeader, {"Date"});
  if (authorization.empty()) throw missingCredentials();
  Claim claim = claimOfHeader(authorization, date);
  claim.securityToken = valueOf(request, tokenParameter);
  return claim;
}

/// Whether the date's year lies outside of what Time can hold (nanoseconds of 64 bits end in 2262).
bool farAway(std::string_view date) {
  constexpr std::size_t isoSize = 20;
  constexpr std::size_t httpSize = 29;
  if (date.size() < isoSize) return false;
  const bool http = date.size() == httpSize && date[3] == ',';
  const std::string_view year = date.substr(http ? 12 : 0, 4);
  return std::ranges::all_of(year, isDigit) && (year < "1970" || year > "2200");
}

Error skewed(std::string_view date, Time now) {
  return errorOf(Code::requestTimeTooSkewed, {date, toHttpDate(now)});
}

void checkTime(const Claim& claim, Time now) {
  if (claim.expires) {
    if (std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()) > *claim.expires) {
      throw Error(Code::accessDenied, "the signed URL has expired");
    }
    return;
  }
  if (farAway(claim.date)) throw skewed(claim.date, now);
  auto sent = fromHttpDate(claim.date);
  if (!sent) sent = fromIso(claim.date);
  if (!sent) {
    throw invalidArgument("Date must look like 'Mon, 09 Nov 2020 09:46:33 GMT' (actual: '" +
                          claim.date + "')");
  }
  // Whole seconds: the header cannot say more, so a request of exactly 15 minutes ago is still
  // good.
  const auto skew = std::chrono::floor<std::chrono::seconds>(now) - *sent;
  if (skew > allowedSkew || skew < -allowedSkew) throw skewed(claim.date, now);
}

enum class Verdict { good, wrong, invalidEscape };

/// Tries the spellings that clients are known to sign, the commonest first.
Verdict verify(const std::string& secret, const http::Request& request, Form form,
               const Claim& claim) {
  std::string text;
  text.reserve(512);
  appendHead(text, request, claim.date);
  const auto headSize = text.size();
  const bool escaped = request.rawPath().find('%') != std::string_view::npos;
  const bool bareKeys = form == Form::trigger && hasBareKeys(request.rawQuery());
  Spelling spelling{.query = claim.expires ? Query::withoutSignature : Query::whole};
  for (const BareKeys bare : {BareKeys::asSent, BareKeys::exchanged}) {
    if (bare == BareKeys::exchanged && !bareKeys) continue;
    for (const PathSpelling path : {PathSpelling::decoded, PathSpelling::raw}) {
      if (path == PathSpelling::raw && !escaped) continue;
      spelling.bareKeys = bare;
      spelling.path = path;
      text.resize(headSize);
      if (!appendResource(text, request, form, spelling)) return Verdict::invalidEscape;
      if (sameInConstantTime(signatureOf(secret, text), claim.signature)) return Verdict::good;
    }
  }
  return Verdict::wrong;
}

constexpr std::size_t maxClaimedKey = 128;

bool idCharacter(char c) {
  return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
         c == '-';
}

}  // namespace

std::string_view claimedKey(const http::Request& request) {
  std::string_view text = valueOf(request, "authorization");
  if (!text.starts_with("FC ")) return {};
  text = trimmed(text.substr(3));
  const auto colon = text.rfind(':');
  return colon == std::string_view::npos ? std::string_view() : plausibleKey(text.substr(0, colon));
}

std::string_view plausibleKey(std::string_view id) {
  const bool plausible = id.size() <= maxClaimedKey && std::ranges::all_of(id, idCharacter);
  return plausible ? id : std::string_view();
}

SessionName sessionOf(std::string_view account, std::string_view session) {
  const auto slash = session.find('/');
  if (slash == std::string_view::npos) return {};
  return {.role = slash > 0 ? roleArn(account, session.substr(0, slash)) : "",
          .session = std::string(session.substr(slash + 1))};
}

std::string_view accountOfHost(std::string_view host) {
  host = host.substr(0, host.find(':'));
  const auto dot = host.find('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  const std::string_view label = host.substr(0, dot);
  if (!std::ranges::all_of(label, isDigit)) return {};
  const bool address =
      std::ranges::all_of(host.substr(dot), [](char c) { return isDigit(c) || c == '.'; });
  return address ? std::string_view() : label;
}

Caller Authenticator::authenticate(const http::Request& request, Time now) const {
  return authenticate(request, now, formOf(request.rawPath()));
}

Caller Authenticator::authenticate(const http::Request& request, Time now, Form form) const {
  Claim claim = claimOf(request, form);
  Identity identity;
  try {
    identity = identify(claim.accessKeyId, claim.securityToken, now);
  } catch (const Error&) {
    // The same work as for a known key, so that the time tells nothing about which keys exist.
    static_cast<void>(verify(claim.accessKeyId, request, form, claim));
    throw;
  }
  checkTime(claim, now);
  const Verdict verdict = verify(identity.secret, request, form, claim);
  if (verdict == Verdict::invalidEscape) throw invalidEscape(request);
  if (verdict == Verdict::wrong) throw errorOf(Code::signatureNotMatch);
  const std::string_view account = accountOfHost(valueOf(request, "host"));
  if (!account.empty() && account != identity.accountId) {
    throw Error(Code::accessDenied, "The service or function doesn't belong to you.");
  }
  return {.accountId = std::move(identity.accountId),
          .accessKeyId = std::move(claim.accessKeyId),
          .session = std::move(identity.session),
          .permissions = std::move(identity.permissions)};
}

Identity Authenticator::identify(std::string_view accessKeyId, std::string_view securityToken,
                                 Time now) const {
  if (!securityToken.empty()) return temporary(accessKeyId, securityToken, now);
  const AccessKey* key = keys_.find(accessKeyId);
  if (key == nullptr) throw errorOf(Code::invalidAccessKeyId, {accessKeyId});
  if (side_ == Side::functions && isDevelopmentKey(*key)) {
    throw Error(Code::accessDenied,
                "the development key is not accepted from inside functions, since every function "
                "knows it: use the credentials of the service's role, or an access key of your "
                "own");
  }
  Identity identity{.accountId = key->accountId, .secret = key->secret};
  if (key->policies) identity.permissions.bound(key->policies);
  return identity;
}

Identity Authenticator::temporary(std::string_view accessKeyId, std::string_view token,
                                  Time now) const {
  auto opened = temporary_ == nullptr ? std::nullopt : temporary_->open(token);
  if (!opened) throw Error(Code::accessDenied, "the security token is not valid");
  if (opened->accessKeyId != accessKeyId) throw errorOf(Code::invalidAccessKeyId, {accessKeyId});
  if (now >= opened->expiration) {
    throw Error(Code::accessDenied, "the security token has expired");
  }
  TemporaryScope& scope = opened->scope;
  Identity identity{.accountId = std::move(scope.accountId),
                    .secret = std::move(opened->accessKeySecret),
                    .session = scope.role + '/' + scope.session};
  if (!scope.role.empty()) {
    const Role* role = roles_->find(identity.accountId, scope.role);
    if (role == nullptr || role->id != scope.roleId) {
      throw noSuchRole(roleArn(identity.accountId, scope.role));
    }
    identity.permissions.bound(role->policies);
  }
  if (!scope.policy.empty()) identity.permissions.bound(compile({&scope.policy, 1}));
  return identity;
}

}  // namespace openfc::auth
