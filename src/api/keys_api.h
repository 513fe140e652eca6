#pragma once

#include "api/context.h"
#include "api/page.h"
#include "model/access.h"
#include "schema/shape.h"

#include <string>
#include <vector>

/// openfc's own operations on access keys and roles.
namespace openfc::api {

struct CreateAccessKey {
  model::AccessKeyConfig config;
};

struct OneAccessKey {
  std::string accessKeyId;
  std::string ifMatch;
};

struct UpdateAccessKey {
  std::string accessKeyId;
  std::string ifMatch;
  schema::Partial<model::AccessKeyConfig> config;
};

struct AccessKeyReply {
  std::string etag;
  model::AccessKey key;
};

/// The one answer that holds the secret.
struct NewAccessKey {
  std::string etag;
  std::string accessKeySecret;
  model::AccessKey key;
};

struct ListIdentities {
  PageQuery page;
};

struct AccessKeyPage {
  std::vector<model::AccessKey> keys;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const CreateAccessKey*);
const schema::Shape& shapeOf(const OneAccessKey*);
const schema::Shape& shapeOf(const UpdateAccessKey*);
const schema::Shape& shapeOf(const AccessKeyReply*);
const schema::Shape& shapeOf(const NewAccessKey*);
const schema::Shape& shapeOf(const ListIdentities*);
const schema::Shape& shapeOf(const AccessKeyPage*);

Task<NewAccessKey> createAccessKey(Context context, CreateAccessKey input);
Task<AccessKeyReply> getAccessKey(Context context, OneAccessKey input);
Task<AccessKeyReply> updateAccessKey(Context context, UpdateAccessKey input);
/// Gives the key another secret; the old one is refused from then on.
Task<NewAccessKey> rotateAccessKey(Context context, OneAccessKey input);
Task<> deleteAccessKey(Context context, OneAccessKey input);
Task<AccessKeyPage> listAccessKeys(Context context, ListIdentities input);

}  // namespace openfc::api
