#include "model/access.h"

#include "model/names.h"

namespace openfc::model {
namespace {

using schema::field;
using schema::Field;
using schema::Shape;

constexpr schema::Rules policyRules = {
    .maxLength = 6144, .maxItems = 20, .keyPattern = &namePattern};

}  // namespace

const Shape& shapeOf(const AccessKeyConfig*) {
  using T = AccessKeyConfig;
  static constexpr Field fields[] = {
      field<&T::description>("description", "Free text.", {.maxLength = 256}),
      field<&T::enabled>("enabled", "Whether requests with the key are taken."),
      field<&T::fullAccess>("fullAccess", "Everything in the account, whatever policies say."),
      field<&T::policies>("policies", "RAM policy documents by name; none allow nothing.",
                          policyRules),
  };
  static constexpr Shape shape = schema::shape<T>("AccessKeyConfig", fields);
  return shape;
}

const Shape& shapeOf(const AccessKey*) {
  using T = AccessKey;
  static constexpr Field fields[] = {
      field<&T::accessKeyId>("accessKeyId", "Names the key."),
      field<&T::secret>("secret", "What the key signs with.", {.stored = true, .secret = true}),
      field<&T::config>("config", "What it may do.", {.inlined = true}),
      field<&T::createdTime>("createdTime", "When it was made."),
      field<&T::lastModifiedTime>("lastModifiedTime", "When it was changed last."),
  };
  static constexpr Shape shape = schema::shape<T>("AccessKey", fields);
  return shape;
}

const Shape& shapeOf(const RoleConfig*) {
  using T = RoleConfig;
  static constexpr Field fields[] = {
      field<&T::description>("description", "Free text.", {.maxLength = 256}),
      field<&T::policies>("policies", "RAM policy documents by name; none allow nothing.",
                          policyRules),
  };
  static constexpr Shape shape = schema::shape<T>("RoleConfig", fields);
  return shape;
}

const Shape& shapeOf(const Role*) {
  using T = Role;
  static constexpr Field fields[] = {
      field<&T::roleName>("roleName", "Name, unique in the account."),
      field<&T::roleId>("roleId", "Generated id, a UUID; empty in roles of before there were any."),
      field<&T::config>("config", "What it may do.", {.inlined = true}),
      field<&T::createdTime>("createdTime", "When it was made."),
      field<&T::lastModifiedTime>("lastModifiedTime", "When it was changed last."),
  };
  static constexpr Shape shape = schema::shape<T>("Role", fields);
  return shape;
}

std::string accessKeysPrefix(std::string_view account) {
  return std::string(allAccessKeysPrefix) + std::string(account) + '/';
}

std::string rolesPrefix(std::string_view account) {
  return std::string(allRolesPrefix) + std::string(account) + '/';
}

}  // namespace openfc::model
