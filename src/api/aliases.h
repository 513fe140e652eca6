#pragma once

#include "api/context.h"
#include "api/page.h"
#include "model/alias.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <vector>

/// The operations on aliases (api-spec 2.5).
namespace openfc::api {

struct CreateAlias {
  std::string serviceName;
  std::string aliasName;
  model::AliasConfig config;
};

struct DeleteAlias {
  std::string serviceName;
  std::string aliasName;
  std::string ifMatch;
};

struct UpdateAlias {
  std::string serviceName;
  std::string aliasName;
  std::string ifMatch;
  schema::Partial<model::AliasConfig> config;
};

struct GetAlias {
  std::string serviceName;
  std::string aliasName;
};

struct ListAliases {
  std::string serviceName;
  PageQuery page;
};

struct AliasReply {
  std::string etag;
  model::Alias alias;
};

struct AliasPage {
  std::vector<model::Alias> aliases;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const CreateAlias*);
const schema::Shape& shapeOf(const DeleteAlias*);
const schema::Shape& shapeOf(const UpdateAlias*);
const schema::Shape& shapeOf(const GetAlias*);
const schema::Shape& shapeOf(const ListAliases*);
const schema::Shape& shapeOf(const AliasReply*);
const schema::Shape& shapeOf(const AliasPage*);

/// The versions that it names must be there.
Task<AliasReply> createAlias(Context context, CreateAlias input);
Task<> deleteAlias(Context context, DeleteAlias input);
/// Only the versions that the request names must be there: others may have been deleted since.
Task<AliasReply> updateAlias(Context context, UpdateAlias input);
Task<AliasReply> getAliasState(Context context, GetAlias input);
Task<AliasPage> listAliases(Context context, ListAliases input);

}  // namespace openfc::api
