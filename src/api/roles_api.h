#pragma once

#include "api/keys_api.h"

namespace openfc::api {

struct CreateRole {
  std::string roleName;
  model::RoleConfig config;
};

struct OneRole {
  std::string roleName;
  std::string ifMatch;
};

struct UpdateRole {
  std::string roleName;
  std::string ifMatch;
  schema::Partial<model::RoleConfig> config;
};

struct AssumeRole {
  std::string roleName;
  std::string sessionName = "session";
  int durationSeconds = 3600;
};

struct RoleReply {
  std::string etag;
  model::Role role;
};

struct RolePage {
  std::vector<model::Role> roles;
  std::optional<std::string> nextToken;
};

struct AssumedRole {
  std::string accessKeyId;
  std::string accessKeySecret;
  std::string securityToken;
  Time expiration;
};

const schema::Shape& shapeOf(const CreateRole*);
const schema::Shape& shapeOf(const OneRole*);
const schema::Shape& shapeOf(const UpdateRole*);
const schema::Shape& shapeOf(const AssumeRole*);
const schema::Shape& shapeOf(const RoleReply*);
const schema::Shape& shapeOf(const RolePage*);
const schema::Shape& shapeOf(const AssumedRole*);

Task<RoleReply> createRole(Context context, CreateRole input);
Task<RoleReply> getRole(Context context, OneRole input);
Task<RoleReply> updateRole(Context context, UpdateRole input);
Task<> deleteRole(Context context, OneRole input);
Task<RolePage> listRoles(Context context, ListIdentities input);
/// Temporary credentials of the role.
Task<AssumedRole> assumeRole(Context context, AssumeRole input);

}  // namespace openfc::api
