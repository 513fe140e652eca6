#pragma once

#include "base/clock.h"
#include "model/document.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::model {

/// One rule that replaces a path and query.
struct RewriteRule {
  std::string match;
  std::string replacement;
  bool operator==(const RewriteRule&) const = default;
};

struct RewriteConfig {
  std::optional<std::vector<RewriteRule>> equalRules;
  std::optional<std::vector<RewriteRule>> wildcardRules;
  std::optional<std::vector<RewriteRule>> regexRules;
  bool operator==(const RewriteConfig&) const = default;
};

/// Which function serves a path (api-spec 3.12).
struct PathConfig {
  std::string path;  // from its '/'; a '*' at the end stands for whatever follows
  std::string serviceName;
  std::string functionName;
  std::optional<std::string> qualifier;
  std::optional<std::vector<std::string>> methods;  // nothing or none = all
  std::optional<RewriteConfig> rewriteConfig;
  bool operator==(const PathConfig&) const = default;

  bool allows(std::string_view method) const;
};

struct RouteConfig {
  std::vector<PathConfig> routes;
  bool operator==(const RouteConfig&) const = default;
};

/// A certificate (api-spec 3.2). The store seals it with the whole domain; answers have no key.
struct CertConfig {
  std::optional<std::string> certName;
  std::optional<std::string> certificate;
  std::optional<std::string> privateKey;
  std::optional<Time> expiryTime;  // of the certificate
  bool operator==(const CertConfig&) const = default;
};

struct TlsConfig {
  std::optional<std::string> minVersion;
  std::optional<std::string> maxVersion;
  std::optional<std::vector<std::string>> cipherSuites;
  bool operator==(const TlsConfig&) const = default;
};

struct WafConfig {
  std::optional<bool> enableWaf;
  bool operator==(const WafConfig&) const = default;
};

/// What a client sets of a domain.
struct DomainConfig {
  std::string protocol = "HTTP";
  /// Nothing only in the answer to the update that made HTTPS end, and the certificate with it:
  /// read from the store it is one without members.
  std::optional<CertConfig> certConfig = CertConfig();
  RouteConfig routeConfig;
  std::optional<TlsConfig> tlsConfig;
  std::optional<WafConfig> wafConfig;
  bool operator==(const DomainConfig&) const = default;

  bool servesHttps() const { return protocol != "HTTP"; }
  bool servesHttp() const { return protocol != "HTTPS"; }
};

/// A host name that stands for functions. Kept twice: among those of its account, and under its
/// name, which belongs to one account only (keys.h).
struct CustomDomain {
  std::string domainName;  // as its creator has written it
  std::string accountId;
  DomainConfig config;
  Time createdTime;
  Time lastModifiedTime;
  bool operator==(const CustomDomain&) const = default;
};

const schema::Shape& shapeOf(const RewriteRule*);
const schema::Shape& shapeOf(const RewriteConfig*);
const schema::Shape& shapeOf(const PathConfig*);
const schema::Shape& shapeOf(const RouteConfig*);
const schema::Shape& shapeOf(const CertConfig*);
const schema::Shape& shapeOf(const TlsConfig*);
const schema::Shape& shapeOf(const WafConfig*);
const schema::Shape& shapeOf(const DomainConfig*);
const schema::Shape& shapeOf(const CustomDomain*);

/// Host names with a dot, and `*.` before one; no addresses.
extern const schema::Pattern domainPattern;
inline constexpr std::size_t maxDomainName = 256;  // bytes

/// The host of a Host header or server name: lower case, without port and final dot.
std::string hostOf(std::string_view header);
/// The names under which a host's domain may be kept: itself first, then `*.` and what is behind
/// its first label.
std::vector<std::string> domainNamesFor(std::string_view host);

/// Which route a request takes (runtime-contract 5.7): the one whose path is the request's, else
/// the one with the longest beginning before its `*`. Of routes with one path the first that allows
/// the method; when none does, the first, for whose method the request is refused. Null = no route.
/// `path` is without query.
const PathConfig* routeFor(const RouteConfig& config, std::string_view path,
                           std::string_view method);

}  // namespace openfc::model
