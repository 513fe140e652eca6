#include "api/domains.h"

#include "api/page.h"
#include "api/resource.h"
#include "api/rows.h"
#include "base/certificate.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/time_text.h"
#include "model/keys.h"
#include "schema/json.h"

#include <boost/json/value.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace openfc::api {
namespace {

using model::CertConfig;
using model::CustomDomain;
using model::DomainConfig;
using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

/// Times have whole seconds, in the store as on the wire.
Time seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

template <auto member>
consteval Field domainInPath() {
  return field<member>("domainName", "The domain.",
                       {.required = true,
                        .maxLength = model::maxDomainName,
                        .pattern = &model::domainPattern,
                        .in = In::path});
}

DomainReply reply(Stored<CustomDomain> stored) {
  std::string etag = stored.etag();
  return {std::move(etag), {.domain = std::move(stored.value)}};
}

bool given(const std::optional<std::string>& text) { return text && !text->empty(); }

/// The certificate as it stands, if only to be taken.
CertConfig& certificateIn(DomainConfig& config) {
  if (!config.certConfig) config.certConfig.emplace();
  return *config.certConfig;
}

/// Reads the certificate, if there is one, and notes when it ends. Throws Error{invalidArgument}.
void takeCertificate(const Context& context, CertConfig& config) {
  config.expiryTime.reset();
  if (!given(config.certificate) && !given(config.privateKey)) return;
  if (!given(config.certificate)) throw invalidArgument("certConfig.certificate is required");
  if (!given(config.privateKey)) throw invalidArgument("certConfig.privateKey is required");
  const auto certificate =
      readCertificate(config.certificate.value_or(""), config.privateKey.value_or(""));
  if (!certificate) throw invalidArgument("certConfig." + certificate.error());
  if (certificate->notAfter <= context.now()) {
    throw invalidArgument("certConfig.certificate: it has expired, on " +
                          toIso(certificate->notAfter));
  }
  config.expiryTime = seconds(certificate->notAfter);
}

void checkProtocol(const DomainConfig& config) {
  if (config.servesHttps() && (!config.certConfig || !given(config.certConfig->certificate))) {
    throw invalidArgument(
        fmt::format("certConfig.certificate and certConfig.privateKey are required for protocol {}",
                    config.protocol));
  }
}

/// The update that the reference's sample shows wrapped, without its wrapping.
void unwrap(UpdateDomain& input) {
  if (!input.body || !input.config.present.empty() || input.same.domainName) return;
  const auto body = schema::parseJson(input.body->text);
  if (!body.is_object()) return;
  schema::Problems problems;
  input.config = schema::readPartial<DomainConfig>(body, problems);
  input.same = schema::readPartial<SameDomain>(body, problems).value;
  problems.throwIfAny();
}

bool names(const schema::Partial<DomainConfig>& change, std::string_view member) {
  return std::ranges::any_of(change.present,
                             [member](const Field* field) { return field->name == member; });
}

/// The configuration as the update leaves it. Throws Error{invalidArgument}.
DomainConfig changed(const Context& context, const DomainConfig& stored,
                     const schema::Partial<DomainConfig>& change) {
  DomainConfig out = stored;
  change.applyTo(out);
  if (names(change, "certConfig")) {
    CertConfig& named = certificateIn(out);
    // Who writes back what was read has no key to send.
    if (!given(named.privateKey) && given(named.certificate) && stored.certConfig &&
        named.certificate == stored.certConfig->certificate)
      named.privateKey = stored.certConfig->privateKey;
    takeCertificate(context, named);
  } else if (stored.servesHttps() && !out.servesHttps()) {
    out.certConfig.reset();
  }
  checkProtocol(out);
  return out;
}

std::string keyOf(const Context& context, const std::string& name) {
  return model::domainKey(context.account(), toLower(name));
}

/// Throws Error{domainNameNotFound}.
Task<Stored<CustomDomain>> find(Context context, std::string name) {
  auto document = co_await context.parts.documents.find(keyOf(context, name));
  if (!document) throw errorOf(Code::domainNameNotFound, {name});
  co_return Stored<CustomDomain>{model::fromDocument<CustomDomain>(document->value),
                                 std::move(document->key), document->revision};
}

}  // namespace

const Shape& shapeOf(const CreateDomain*) {
  using T = CreateDomain;
  static constexpr Field fields[] = {
      field<&T::domainName>(
          "domainName", "The host name; `*.` may stand before it.",
          {.required = true, .maxLength = model::maxDomainName, .pattern = &model::domainPattern}),
      field<&T::config>("config", "Its configuration.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("CreateCustomDomain", fields);
  return shape;
}

const Shape& shapeOf(const SameDomain*) {
  using T = SameDomain;
  static constexpr Field fields[] = {field<&T::domainName>(
      "domainName", "Its name, which cannot change.", {.maxLength = model::maxDomainName})};
  static constexpr Shape shape = schema::shape<T>("SameDomain", fields);
  return shape;
}

const Shape& shapeOf(const UpdateDomain*) {
  using T = UpdateDomain;
  static constexpr Field fields[] = {
      domainInPath<&T::domainName>(),
      field<&T::config>("config", "What changes; absent and null members stay as they are.",
                        {.inlined = true}),
      field<&T::same>("same", "What must not differ.", {.inlined = true}),
      field<&T::body>("body", "The members above once more, for clients that wrap them."),
  };
  static constexpr Shape shape = schema::shape<T>("UpdateCustomDomain", fields);
  return shape;
}

const Shape& shapeOf(const NamedDomain*) {
  using T = NamedDomain;
  static constexpr Field fields[] = {domainInPath<&T::domainName>()};
  static constexpr Shape shape = schema::shape<T>("NamedDomain", fields);
  return shape;
}

const Shape& shapeOf(const ListDomains*) {
  using T = ListDomains;
  static constexpr Field fields[] = {
      field<&T::limit>("limit", "Items of a page at most.",
                       {.min = 1, .max = 100, .in = In::query}),
      field<&T::nextToken>("nextToken", "Where the page before ended; replaces startKey.",
                           {.maxLength = 1024, .pattern = &model::domainPattern, .in = In::query}),
      field<&T::prefix>("prefix", "Only names that begin so.",
                        {.maxLength = 1024, .in = In::query}),
      field<&T::startKey>("startKey", "Only names that are not before this one.",
                          {.maxLength = 1024, .in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("ListCustomDomains", fields);
  return shape;
}

const Shape& shapeOf(const DomainItem*) {
  using T = DomainItem;
  static constexpr Field fields[] = {
      field<&T::domain>("domain", "The domain.", {.inlined = true}),
      field<&T::apiVersion>("apiVersion", "Version of this API."),
  };
  static constexpr Shape shape = schema::shape<T>("DomainItem", fields);
  return shape;
}

const Shape& shapeOf(const DomainReply*) {
  using T = DomainReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::item>("item", "The domain.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("DomainReply", fields);
  return shape;
}

const Shape& shapeOf(const DomainPage*) {
  using T = DomainPage;
  static constexpr Field fields[] = {
      field<&T::customDomains>("customDomains", "Ascending by name."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("DomainPage", fields);
  return shape;
}

Task<DomainReply> createDomain(Context context, CreateDomain input) {
  takeCertificate(context, certificateIn(input.config));
  checkProtocol(input.config);
  CustomDomain domain{.domainName = std::move(input.domainName),
                      .accountId = context.account(),
                      .config = std::move(input.config),
                      .createdTime = seconds(context.now()),
                      .lastModifiedTime = seconds(context.now())};
  std::string key = keyOf(context, domain.domainName);
  const std::string text = model::toDocument(domain);
  std::vector<store::Operation> operations;
  operations.push_back(
      store::put(model::hostKey(toLower(domain.domainName)), text, store::Expect::absent()));
  operations.push_back(store::put(key, text, store::Expect::absent()));
  const auto committed = co_await commit(context, std::move(operations));
  if (!committed) throw errorOf(Code::domainNameAlreadyExists, {domain.domainName});
  co_return reply({std::move(domain), std::move(key), *committed});
}

Task<> deleteDomain(Context context, NamedDomain input) {
  std::vector<store::Operation> operations;
  operations.push_back(store::erase(keyOf(context, input.domainName), store::Expect::present()));
  operations.push_back(store::erase(model::hostKey(toLower(input.domainName))));
  if (!co_await commit(context, std::move(operations)))
    throw errorOf(Code::domainNameNotFound, {input.domainName});
}

Task<DomainReply> updateDomain(Context context, UpdateDomain input) {
  unwrap(input);
  if (input.same.domainName && toLower(*input.same.domainName) != toLower(input.domainName))
    throw invalidArgument("domainName cannot be changed");
  auto domain = co_await find(context, input.domainName);
  domain.value.config = changed(context, domain.value.config, input.config);
  domain.value.lastModifiedTime = seconds(context.now());
  const std::string text = model::toDocument(domain.value);
  std::vector<store::Operation> operations;
  operations.push_back(store::put(domain.key, text, store::Expect::at(domain.revision)));
  operations.push_back(store::put(model::hostKey(toLower(input.domainName)), text));
  const auto committed = co_await commit(context, std::move(operations));
  if (!committed) throw lostRace("");
  domain.revision = *committed;
  co_return reply(std::move(domain));
}

Task<DomainReply> getDomain(Context context, NamedDomain input) {
  co_return reply(co_await find(context, std::move(input.domainName)));
}

Task<DomainPage> listDomains(Context context, ListDomains input) {
  Page found = co_await page(context, model::domainsPrefix(context.account()),
                             {.limit = input.limit,
                              .nextToken = toLower(input.nextToken),
                              .prefix = toLower(input.prefix),
                              .startKey = toLower(input.startKey)});
  DomainPage out{.customDomains = {}, .nextToken = std::move(found.nextToken)};
  for (const store::Document& document : found.documents)
    out.customDomains.push_back({.domain = model::fromDocument<CustomDomain>(document.value)});
  co_return out;
}

}  // namespace openfc::api
