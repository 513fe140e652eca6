#pragma once

#include "api/capabilities.h"
#include "api/context.h"
#include "schema/shape.h"

#include <cstdint>
#include <string>

/// Credentials for one upload of code to the account's temporary bucket (wire-contract 3.7).
namespace openfc::api {

struct CodeBucketTokenInput {
  std::string serviceName;
  std::string functionName;  // accepted; the object belongs to the service
  std::string instanceType;
};

/// Spelt as the clients of object storage have it.
struct BucketCredentials {
  std::string accessKeyId;
  std::string accessKeySecret;
  std::string securityToken;
  Time expiration;
};

struct BucketToken {
  BucketCredentials credentials;
  std::string ossRegion;
  std::string ossBucket;
  std::string objectName;
  std::int64_t codeSizeLimit = 0;
};

const schema::Shape& shapeOf(const CodeBucketTokenInput*);
const schema::Shape& shapeOf(const BucketCredentials*);
const schema::Shape& shapeOf(const BucketToken*);

/// For a function's code: lets its holder put the object `{account}/{service}/{objectName}`.
Task<BucketToken> getTempCodeBucketToken(Context context, CodeBucketTokenInput input);
/// For a layer's code: the same for `{account}/{objectName}`.
Task<BucketToken> getTempBucketToken(Context context, NoInput input);

}  // namespace openfc::api
