#include "auth/temporary.h"

#include "base/encoding.h"
#include "base/id.h"

#include <charconv>
#include <stdexcept>
#include <vector>

namespace openfc::auth {
namespace {

constexpr std::string_view sealContext = "temporary credentials";
constexpr std::size_t idBytes = 12;
constexpr std::size_t partCount = 7;
constexpr std::size_t partCountWithoutRoleId = 6;  // in tokens of before roles had ids

/// Each part as its length in decimal, a colon, and its bytes.
void append(std::string& out, std::string_view part) {
  out += std::to_string(part.size());
  out += ':';
  out += part;
}

std::optional<std::vector<std::string_view>> partsOf(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    std::size_t size = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), size);
    const auto digits = static_cast<std::size_t>(read.ptr - text.data());
    if (read.ec != std::errc() || digits == text.size() || text[digits] != ':') return std::nullopt;
    text.remove_prefix(digits + 1);
    if (size > text.size()) return std::nullopt;
    parts.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
  if (parts.size() == partCountWithoutRoleId) parts.emplace_back();
  if (parts.size() != partCount) return std::nullopt;
  return parts;
}

/// Base64 without the characters that have a meaning in URLs, since tokens travel in queries too.
std::string toToken(std::string_view bytes) {
  std::string text = toBase64(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::optional<std::string> fromToken(std::string_view token) {
  std::string text(token);
  for (char& c : text) {
    if (c == '+' || c == '/') return std::nullopt;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  while (text.size() % 4 != 0) text += '=';
  return fromBase64(text);
}

}  // namespace

Temporary::Temporary(const Vault& vault)
    : vault_(vault.derive("temporary credentials: tokens")),
      secretKey_(vault.derive("temporary credentials: secrets")) {}

std::string Temporary::secretOf(std::string_view accessKeyId) const {
  return toToken(hmacSha256(secretKey_, accessKeyId));
}

TemporaryCredentials Temporary::make(const TemporaryScope& scope, Time expiration) const {
  if (scope.role.empty() && scope.policy.empty()) {
    throw std::invalid_argument("temporary credentials need a role or a policy");
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(expiration.time_since_epoch());
  TemporaryCredentials made;
  made.accessKeyId = std::string(idPrefix) + toToken(randomBytes(idBytes));
  made.accessKeySecret = secretOf(made.accessKeyId);
  made.expiration = Time(seconds);
  std::string plain;
  append(plain, made.accessKeyId);
  append(plain, std::to_string(seconds.count()));
  for (const std::string* part :
       {&scope.accountId, &scope.role, &scope.session, &scope.policy, &scope.roleId}) {
    append(plain, *part);
  }
  made.securityToken = toToken(vault_.seal(plain, sealContext));
  if (made.securityToken.size() > maxToken) {
    throw std::invalid_argument("temporary credentials: the policy is too long for a token");
  }
  return made;
}

std::optional<OpenedToken> Temporary::open(std::string_view token) const {
  if (token.size() > maxToken) return std::nullopt;
  const auto sealed = fromToken(token);
  if (!sealed) return std::nullopt;
  std::string plain;
  try {
    plain = vault_.unseal(*sealed, sealContext);
  } catch (const VaultError&) {
    return std::nullopt;
  }
  const auto parts = partsOf(plain);
  if (!parts) return std::nullopt;
  std::int64_t seconds = 0;
  const std::string_view expiry = (*parts)[1];
  if (std::from_chars(expiry.data(), expiry.data() + expiry.size(), seconds).ec != std::errc()) {
    return std::nullopt;
  }
  OpenedToken opened;
  opened.accessKeyId = (*parts)[0];
  opened.accessKeySecret = secretOf(opened.accessKeyId);
  opened.expiration = Time(std::chrono::seconds(seconds));
  opened.scope = {.accountId = std::string((*parts)[2]),
                  .role = std::string((*parts)[3]),
                  .roleId = std::string((*parts)[6]),
                  .session = std::string((*parts)[4]),
                  .policy = std::string((*parts)[5])};
  return opened;
}

}  // namespace openfc::auth
