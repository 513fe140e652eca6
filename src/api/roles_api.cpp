#include "api/roles_api.h"

#include "api/identities.h"
#include "api/resource.h"
#include "api/rows.h"
#include "base/error.h"
#include "base/id.h"

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::Shape;

Time seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

Task<Stored<model::Role>> findRole(Context context, std::string name) {
  std::string key = model::rolesPrefix(context.account()) + name;
  auto document = co_await context.parts.documents.find(std::move(key));
  if (!document) throw invalidArgument("role '" + name + "' does not exist");
  co_return Stored<model::Role>{model::fromDocument<model::Role>(document->value),
                                std::move(document->key), document->revision};
}

Task<std::optional<store::Revision>> write(Context context, Stored<model::Role>* role) {
  static_cast<void>(compiled(role->value.config.policies));
  role->value.lastModifiedTime = seconds(context.now());
  std::vector<store::Operation> operations;
  const auto expect =
      role->revision == 0 ? store::Expect::absent() : store::Expect::at(role->revision);
  operations.push_back(store::put(role->key, model::toDocument(role->value), expect));
  const auto committed = co_await commit(context, std::move(operations));
  if (!committed) co_return std::nullopt;
  role->revision = *committed;
  co_return role->revision;
}

}  // namespace

const Shape& shapeOf(const CreateRole*) {
  using T = CreateRole;
  static constexpr Field fields[] = {
      nameInBody<&T::roleName>("roleName", "Name, unique in the account."),
      field<&T::config>("config", "What it may do.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("CreateRole", fields);
  return shape;
}

const Shape& shapeOf(const OneRole*) {
  using T = OneRole;
  static constexpr Field fields[] = {nameInPath<&T::roleName>("roleName", "The role."),
                                     ifMatch<&T::ifMatch>()};
  static constexpr Shape shape = schema::shape<T>("OneRole", fields);
  return shape;
}

const Shape& shapeOf(const UpdateRole*) {
  using T = UpdateRole;
  static constexpr Field fields[] = {
      nameInPath<&T::roleName>("roleName", "The role."),
      ifMatch<&T::ifMatch>(),
      field<&T::config>("config", "What changes.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("UpdateRole", fields);
  return shape;
}

const Shape& shapeOf(const AssumeRole*) {
  using T = AssumeRole;
  static constexpr Field fields[] = {
      nameInPath<&T::roleName>("roleName", "The role."),
      field<&T::sessionName>("sessionName", "Who gets the credentials.",
                             {.maxLength = model::maxName, .pattern = &model::namePattern}),
      field<&T::durationSeconds>("durationSeconds", "How long they are good.",
                                 {.min = 60, .max = 43'200}),
  };
  static constexpr Shape shape = schema::shape<T>("AssumeRole", fields);
  return shape;
}

const Shape& shapeOf(const RoleReply*) {
  using T = RoleReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::role>("role", "The role.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("RoleReply", fields);
  return shape;
}

const Shape& shapeOf(const RolePage*) {
  using T = RolePage;
  static constexpr Field fields[] = {
      field<&T::roles>("roles", "Ascending by name."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("RolePage", fields);
  return shape;
}

const Shape& shapeOf(const AssumedRole*) {
  using T = AssumedRole;
  static constexpr Field fields[] = {
      field<&T::accessKeyId>("accessKeyId", "Names the temporary key."),
      field<&T::accessKeySecret>("accessKeySecret", "What it signs with."),
      field<&T::securityToken>("securityToken", "Goes with each request as X-Fc-Security-Token."),
      field<&T::expiration>("expiration", "When they end."),
  };
  static constexpr Shape shape = schema::shape<T>("AssumedRole", fields);
  return shape;
}

Task<RoleReply> createRole(Context context, CreateRole input) {
  Stored<model::Role> role{
      .value = {.roleName = input.roleName, .roleId = uuid(), .config = std::move(input.config)},
      .key = model::rolesPrefix(context.account()) + input.roleName};
  role.value.createdTime = seconds(context.now());
  if (!co_await write(context, &role)) {
    throw invalidArgument("role '" + input.roleName + "' already exists");
  }
  co_return RoleReply{role.etag(), role.value};
}

Task<RoleReply> getRole(Context context, OneRole input) {
  const auto role = co_await findRole(context, input.roleName);
  co_return RoleReply{role.etag(), role.value};
}

Task<RoleReply> updateRole(Context context, UpdateRole input) {
  auto role = co_await findRole(context, input.roleName);
  checkIfMatch(input.ifMatch, role.etag());
  input.config.applyTo(role.value.config);
  if (!co_await write(context, &role)) throw lostRace(input.ifMatch);
  co_return RoleReply{role.etag(), role.value};
}

Task<> deleteRole(Context context, OneRole input) {
  const auto role = co_await findRole(context, input.roleName);
  checkIfMatch(input.ifMatch, role.etag());
  std::vector<store::Operation> operations;
  operations.push_back(store::erase(role.key, store::Expect::at(role.revision)));
  if (!co_await commit(context, std::move(operations))) throw lostRace(input.ifMatch);
}

Task<RolePage> listRoles(Context context, ListIdentities input) {
  Page found = co_await page(context, model::rolesPrefix(context.account()), std::move(input.page));
  RolePage out{.roles = {}, .nextToken = std::move(found.nextToken)};
  for (const store::Document& document : found.documents) {
    out.roles.push_back(model::fromDocument<model::Role>(document.value));
  }
  co_return out;
}

Task<AssumedRole> assumeRole(Context context, AssumeRole input) {
  const auto role = co_await findRole(context, input.roleName);
  const auto made =
      context.parts.temporary->make({.accountId = context.account(),
                                     .role = input.roleName,
                                     .roleId = role.value.roleId,
                                     .session = input.sessionName},
                                    context.now() + std::chrono::seconds(input.durationSeconds));
  co_return AssumedRole{made.accessKeyId, made.accessKeySecret, made.securityToken,
                        made.expiration};
}

}  // namespace openfc::api
