#include "api/aliases.h"

#include "api/resource.h"
#include "api/rows.h"
#include "base/error.h"
#include "model/keys.h"

namespace openfc::api {
namespace {

using schema::checkedBy;
using schema::field;
using schema::Field;
using schema::Shape;

AliasReply reply(const Stored<model::Alias>& alias) { return {alias.etag(), alias.value}; }

/// Throws Error{serviceNotFound, aliasNotFound}.
Task<Stored<model::Alias>> getAlias(Context context, std::string service, std::string name) {
  auto document =
      co_await context.parts.documents.find(model::aliasKey(context.account(), service, name));
  if (!document) {
    co_await getService(context, service);
    throw errorOf(Code::aliasNotFound, {name, service});
  }
  co_return storedOf<model::Alias>(std::move(*document));
}

/// All versions that an alias, or a change of one, names.
std::vector<std::string> versionsIn(const model::AliasConfig& config) {
  std::vector<std::string> out;
  if (!config.versionId.empty()) out.push_back(config.versionId);
  if (config.additionalVersionWeight) {
    for (const auto& [version, weight] : *config.additionalVersionWeight) out.push_back(version);
  }
  return out;
}

/// Conditions of a write: versions that must be there when it is done.
struct NamedVersions {
  std::vector<std::string> ids;
  std::vector<store::Operation> conditions;
};

/// Throws Error{versionNotFound} for what cannot be a version.
NamedVersions namedVersions(const Context& context, const std::string& service,
                            std::vector<std::string> ids) {
  NamedVersions out;
  for (const std::string& id : ids) {
    const auto number = model::versionNumber(id);
    if (!number) throw errorOf(Code::versionNotFound, {id, service});
    out.conditions.push_back(store::require(model::versionKey(context.account(), service, *number),
                                            store::Expect::present()));
  }
  out.ids = std::move(ids);
  return out;
}

}  // namespace

const Shape& shapeOf(const CreateAlias*) {
  using T = CreateAlias;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      field<&T::aliasName>("aliasName", "Name, unique in the service; not LATEST.",
                           {.required = true,
                            .maxLength = model::maxName,
                            .pattern = &model::namePattern,
                            .check = checkedBy<&model::aliasNameProblem>}),
      field<&T::config>("config", "What it names.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("CreateAlias", fields);
  return shape;
}

const Shape& shapeOf(const DeleteAlias*) {
  using T = DeleteAlias;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInPath<&T::aliasName>("aliasName", "The alias."),
      ifMatch<&T::ifMatch>(),
  };
  static constexpr Shape shape = schema::shape<T>("DeleteAlias", fields);
  return shape;
}

const Shape& shapeOf(const UpdateAlias*) {
  using T = UpdateAlias;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInPath<&T::aliasName>("aliasName", "The alias."),
      ifMatch<&T::ifMatch>(),
      field<&T::config>("config", "What changes; absent and null members stay as they are.",
                        {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("UpdateAlias", fields);
  return shape;
}

const Shape& shapeOf(const GetAlias*) {
  using T = GetAlias;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      nameInPath<&T::aliasName>("aliasName", "The alias."),
  };
  static constexpr Shape shape = schema::shape<T>("GetAlias", fields);
  return shape;
}

const Shape& shapeOf(const ListAliases*) {
  using T = ListAliases;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      field<&T::page>("page", "Which part of the list.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("ListAliases", fields);
  return shape;
}

const Shape& shapeOf(const AliasReply*) {
  using T = AliasReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::alias>("alias", "The alias.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("AliasReply", fields);
  return shape;
}

const Shape& shapeOf(const AliasPage*) {
  using T = AliasPage;
  static constexpr Field fields[] = {
      field<&T::aliases>("aliases", "Ascending by name."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("AliasPage", fields);
  return shape;
}

Task<AliasReply> createAlias(Context context, CreateAlias input) {
  const auto service = co_await getService(context, input.serviceName);
  NamedVersions named = namedVersions(context, input.serviceName, versionsIn(input.config));
  model::Alias alias{.aliasName = input.aliasName,
                     .config = model::settled(std::move(input.config)),
                     .serviceName = input.serviceName};
  alias.createdTime = alias.lastModifiedTime = wholeSeconds(context.now());
  std::string key = model::aliasKey(context.account(), input.serviceName, input.aliasName);
  std::vector<store::Operation> operations = std::move(named.conditions);
  operations.push_back(store::require(service.key, store::Expect::present()));
  operations.push_back(store::put(key, model::toDocument(alias), store::Expect::absent()));
  const auto committed = co_await commit(context, std::move(operations));
  if (committed) co_return reply({std::move(alias), std::move(key), *committed});
  const std::size_t refused = committed.error().operation;
  if (refused < named.ids.size())
    throw errorOf(Code::versionNotFound, {named.ids[refused], input.serviceName});
  if (refused == named.ids.size()) throw errorOf(Code::serviceNotFound, {input.serviceName});
  throw errorOf(Code::aliasAlreadyExists, {input.aliasName, input.serviceName});
}

Task<> deleteAlias(Context context, DeleteAlias input) {
  for (;;) {
    const auto alias = co_await getAlias(context, input.serviceName, input.aliasName);
    checkIfMatch(input.ifMatch, alias.etag());
    auto operations = eraseConfigs(context, input.serviceName, input.aliasName);
    operations.push_back(store::erase(alias.key, store::Expect::at(alias.revision)));
    if (co_await commit(context, std::move(operations))) co_return;
  }
}

Task<AliasReply> updateAlias(Context context, UpdateAlias input) {
  auto alias = co_await getAlias(context, input.serviceName, input.aliasName);
  model::AliasConfig change;
  input.config.applyTo(change);
  NamedVersions named = namedVersions(context, input.serviceName, versionsIn(change));
  checkIfMatch(input.ifMatch, alias.etag());
  input.config.applyTo(alias.value.config);
  alias.value.config = model::settled(std::move(alias.value.config));
  alias.value.lastModifiedTime = wholeSeconds(context.now());
  std::vector<store::Operation> operations = std::move(named.conditions);
  operations.push_back(
      store::put(alias.key, model::toDocument(alias.value), store::Expect::at(alias.revision)));
  const auto committed = co_await commit(context, std::move(operations));
  if (!committed) {
    const std::size_t refused = committed.error().operation;
    if (refused < named.ids.size())
      throw errorOf(Code::versionNotFound, {named.ids[refused], input.serviceName});
    throw lostRace(input.ifMatch);
  }
  alias.revision = *committed;
  co_return reply(alias);
}

Task<AliasReply> getAliasState(Context context, GetAlias input) {
  co_return reply(co_await getAlias(context, input.serviceName, input.aliasName));
}

Task<AliasPage> listAliases(Context context, ListAliases input) {
  co_await getService(context, input.serviceName);
  Page found = co_await page(context, model::aliasesPrefix(context.account(), input.serviceName),
                             std::move(input.page));
  AliasPage out{.aliases = {}, .nextToken = std::move(found.nextToken)};
  for (const store::Document& document : found.documents)
    out.aliases.push_back(model::fromDocument<model::Alias>(document.value));
  co_return out;
}

}  // namespace openfc::api
