#pragma once

#include "base/clock.h"
#include "schema/shape.h"

#include <map>
#include <string>
#include <string_view>

/// Who may call the API, as the store keeps it.
namespace openfc::model {

/// Policy documents (JSON texts) by their names.
using PolicyDocuments = std::map<std::string, std::string>;

/// What a client sets of an access key.
struct AccessKeyConfig {
  std::string description;
  bool enabled = true;
  bool fullAccess = false;  // everything in its account; policies do not count
  PolicyDocuments policies;
  bool operator==(const AccessKeyConfig&) const = default;
};

struct AccessKey {
  std::string accessKeyId;
  std::string secret;  // in the store only
  AccessKeyConfig config;
  Time createdTime;
  Time lastModifiedTime;
  bool operator==(const AccessKey&) const = default;
};

/// What a client sets of a role.
struct RoleConfig {
  std::string description;
  PolicyDocuments policies;
  bool operator==(const RoleConfig&) const = default;
};

struct Role {
  std::string roleName;
  std::string roleId;  // of this creation: a role that is made again has another one
  RoleConfig config;
  Time createdTime;
  Time lastModifiedTime;
  bool operator==(const Role&) const = default;
};

const schema::Shape& shapeOf(const AccessKeyConfig*);
const schema::Shape& shapeOf(const AccessKey*);
const schema::Shape& shapeOf(const RoleConfig*);
const schema::Shape& shapeOf(const Role*);

/// access-key/<account>/<id> and role/<account>/<name>.
inline constexpr std::string_view allAccessKeysPrefix = "access-key/";
inline constexpr std::string_view allRolesPrefix = "role/";
std::string accessKeysPrefix(std::string_view account);
std::string rolesPrefix(std::string_view account);

}  // namespace openfc::model
