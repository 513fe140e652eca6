#include "model/custom_domain.h"

#include "base/encoding.h"
#include "model/names.h"

#include <algorithm>

namespace openfc::model {
namespace {

using schema::checkedBy;
using schema::field;
using schema::Field;
using schema::Rules;
using schema::Shape;
using schema::Support;

constexpr std::string_view notServed = "Kept for what serves custom domains; the server does not.";

constexpr std::string_view protocols[] = {"HTTP", "HTTPS", "HTTP,HTTPS"};
constexpr std::string_view methodNames[] = {"GET",  "POST",  "PUT",    "DELETE",
                                            "HEAD", "PATCH", "OPTIONS"};
constexpr std::string_view tlsVersions[] = {"TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

/// The rules of a member that only the serving of domains looks at.
constexpr Rules kept(Rules rules = {}) {
  rules.support = Support::recorded;
  rules.supportNote = notServed;
  return rules;
}

constexpr Rules asSent(Rules rules = {}) {
  rules.omitNull = true;
  return kept(rules);
}

bool isLabel(std::string_view label) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !label.empty() && label.size() <= 63 && !label.starts_with('-') && !label.ends_with('-') &&
         std::ranges::all_of(label, allowed);
}

bool isNumber(std::string_view label) {
  return std::ranges::all_of(label, [](char c) { return c >= '0' && c <= '9'; });
}

bool isDomain(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  std::size_t labels = 0;
  for (;;) {
    const auto dot = name.find('.');
    const std::string_view label = name.substr(0, dot);
    if (!isLabel(label)) return false;
    ++labels;
    // An address has a number where a name has its last label.
    if (dot == std::string_view::npos) return labels > 1 && !isNumber(label);
    name.remove_prefix(dot + 1);
  }
}

bool isPath(std::string_view path) {
  const auto star = path.find('*');
  const bool printable = std::ranges::all_of(
      path, [](char c) { return static_cast<unsigned char>(c) > ' ' && c != 0x7f && c != '?'; });
  return path.starts_with('/') && printable &&
         (star == std::string_view::npos || star == path.size() - 1);
}

constinit const schema::Pattern pathPattern{isPath, "^/[^?* ]*[*]?$"};

/// How well a route's path fits: nothing = not, else the length of what it says, and one more for
/// saying all of it.
std::optional<std::size_t> fitOf(std::string_view route, std::string_view path) {
  if (route == path && !route.ends_with('*')) return path.size() + 1;
  if (!route.ends_with('*')) return std::nullopt;
  route.remove_suffix(1);
  return path.starts_with(route) ? std::optional(route.size()) : std::nullopt;
}

}  // namespace

constinit const schema::Pattern domainPattern{
    isDomain, "^([*][.])?([-_a-zA-Z0-9]{1,63}[.])+[-_a-zA-Z0-9]{1,63}$"};

const Shape& shapeOf(const RewriteRule*) {
  using T = RewriteRule;
  static constexpr Field fields[] = {
      field<&T::match>("match", "What is replaced.", kept({.required = true, .maxLength = 1024})),
      field<&T::replacement>("replacement", "What stands there instead.",
                             kept({.required = true, .maxLength = 1024})),
  };
  static constexpr Shape shape = schema::shape<T>("RewriteRule", fields);
  return shape;
}

const Shape& shapeOf(const RewriteConfig*) {
  using T = RewriteConfig;
  static constexpr Field fields[] = {
      field<&T::equalRules>("equalRules", "For whole paths.", asSent({.maxItems = 100})),
      field<&T::wildcardRules>("wildcardRules", "For paths with `*`.", asSent({.maxItems = 100})),
      field<&T::regexRules>("regexRules", "For regular expressions.", asSent({.maxItems = 100})),
  };
  static constexpr Shape shape = schema::shape<T>("RewriteConfig", fields);
  return shape;
}

const Shape& shapeOf(const PathConfig*) {
  using T = PathConfig;
  static constexpr Field fields[] = {
      field<&T::path>("path", "Path of requests; a `*` at its end stands for whatever follows.",
                      kept({.required = true, .maxLength = 4096, .pattern = &pathPattern})),
      field<&T::serviceName>(
          "serviceName", "Service of the function.",
          kept({.required = true, .maxLength = maxName, .pattern = &namePattern})),
      field<&T::functionName>(
          "functionName", "The function; it need not be there.",
          kept({.required = true, .maxLength = maxName, .pattern = &namePattern})),
      field<&T::qualifier>("qualifier", "Version or alias; null = LATEST.",
                           kept({.maxLength = maxName, .pattern = &qualifierPattern})),
      field<&T::methods>("methods", "Methods that are served; null = all.",
                         kept({.maxItems = 100, .oneOf = methodNames})),
      field<&T::rewriteConfig>("rewriteConfig", "How the path changes on its way.", asSent()),
  };
  static constexpr Shape shape = schema::shape<T>("PathConfig", fields);
  return shape;
}

const Shape& shapeOf(const RouteConfig*) {
  using T = RouteConfig;
  static constexpr Field fields[] = {
      field<&T::routes>("routes", "Which function serves which path.", kept({.maxItems = 1000}))};
  static constexpr Shape shape = schema::shape<T>("RouteConfig", fields);
  return shape;
}

const Shape& shapeOf(const CertConfig*) {
  using T = CertConfig;
  static constexpr Field fields[] = {
      field<&T::certName>(
          "certName", "Free text.",
          {.maxLength = 128, .support = Support::recorded, .supportNote = "A text for people."}),
      field<&T::certificate>("certificate", "PEM certificate, and behind it those that issued it.",
                             {.maxLength = 20u << 10}),
      field<&T::privateKey>("privateKey", "PEM private key, RSA or EC; null in answers.",
                            {.maxLength = 4u << 10, .writeOnly = true, .secret = true}),
      field<&T::expiryTime>("expiryTime", "When the certificate, or one that issued it, ends.",
                            {.readOnly = true, .omitNull = true}),
  };
  static constexpr Shape shape = schema::shape<T>("CertConfig", fields);
  return shape;
}

const Shape& shapeOf(const TlsConfig*) {
  using T = TlsConfig;
  static constexpr Field fields[] = {
      field<&T::minVersion>("minVersion", "Oldest version of TLS.", asSent({.oneOf = tlsVersions})),
      field<&T::maxVersion>("maxVersion", "Newest version of TLS.", asSent({.oneOf = tlsVersions})),
      field<&T::cipherSuites>("cipherSuites", "Names of ciphers.",
                              asSent({.maxLength = 128, .maxItems = 100})),
  };
  static constexpr Shape shape = schema::shape<T>("TLSConfig", fields);
  return shape;
}

const Shape& shapeOf(const WafConfig*) {
  using T = WafConfig;
  static constexpr Field fields[] = {
      field<&T::enableWaf>("enableWAF", "Whether a firewall looks at requests.", asSent())};
  static constexpr Shape shape = schema::shape<T>("WAFConfig", fields);
  return shape;
}

const Shape& shapeOf(const DomainConfig*) {
  using T = DomainConfig;
  static constexpr Field fields[] = {
      field<&T::protocol>("protocol", "HTTP, HTTPS or both; HTTPS needs a certificate.",
                          {.oneOf = protocols}),
      field<&T::certConfig>("certConfig", "Certificate for HTTPS."),
      field<&T::routeConfig>("routeConfig", "Which function serves which path."),
      field<&T::tlsConfig>("tlsConfig", "Settings of TLS."),
      field<&T::wafConfig>("wafConfig", "Settings of a firewall.", {.omitNull = true}),
  };
  static constexpr Shape shape = schema::shape<T>("DomainConfig", fields);
  return shape;
}

const Shape& shapeOf(const CustomDomain*) {
  using T = CustomDomain;
  static constexpr Field fields[] = {
      field<&T::domainName>("domainName", "The host name."),
      field<&T::accountId>("accountId", "Whose it is.", {.readOnly = true}),
      field<&T::config>("config", "What clients set.", {.inlined = true}),
      field<&T::createdTime>("createdTime", "When it was created.", {.readOnly = true}),
      field<&T::lastModifiedTime>("lastModifiedTime", "When it was last changed.",
                                  {.readOnly = true}),
  };
  static constexpr Shape shape = schema::shape<T>("CustomDomain", fields);
  return shape;
}

bool PathConfig::allows(std::string_view method) const {
  return !methods || methods->empty() || std::ranges::find(*methods, method) != methods->end();
}

std::string hostOf(std::string_view header) {
  const auto colon = header.rfind(':');
  // The colons of an IPv6 address stand in brackets.
  if (colon != std::string_view::npos && header.find(']', colon) == std::string_view::npos)
    header = header.substr(0, colon);
  if (header.ends_with('.')) header.remove_suffix(1);
  return toLower(header);
}

std::vector<std::string> domainNamesFor(std::string_view host) {
  std::vector<std::string> out{hostOf(host)};
  const auto dot = out.front().find('.');
  if (dot != std::string::npos && dot != 0) out.push_back("*" + out.front().substr(dot));
  return out;
}

const PathConfig* routeFor(const RouteConfig& config, std::string_view path,
                           std::string_view method) {
  const PathConfig* best = nullptr;
  std::size_t bestFit = 0;
  for (const PathConfig& route : config.routes) {
    const auto fit = fitOf(route.path, path);
    if (!fit) continue;
    const bool better = best == nullptr || *fit > bestFit;
    const bool allowedInstead =
        *fit == bestFit && best != nullptr && !best->allows(method) && route.allows(method);
    if (!better && !allowedInstead) continue;
    best = &route;
    bestFit = *fit;
  }
  return best;
}

}  // namespace openfc::model
