#include "api/bucket_tokens.h"

#include "api/rows.h"
#include "auth/oss_signature.h"
#include "base/id.h"

#include <fmt/core.h>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;

constexpr std::size_t maxText = 128;

/// A policy that allows to put this one object. Names in it hold neither quotes nor wildcards:
/// they are digits, a checked service name and a UUID.
std::string policyFor(const Context& context, const std::string& bucket, const std::string& key) {
  const auto arns = auth::ossArns(context.settings().region, context.account(), bucket, key);
  return fmt::format(R"({{"Version":"1","Statement":[{{"Effect":"Allow","Action":"oss:PutObject",)"
                     R"("Resource":"{}"}}]}})",
                     arns.front());
}

BucketToken tokenFor(const Context& context, const std::string& folder, std::string session) {
  BucketToken token{.ossRegion = "oss-" + context.settings().region,
                    .ossBucket = package::Buckets::temporaryName(context.account()),
                    .objectName = uuid(),
                    .codeSizeLimit = static_cast<std::int64_t>(context.settings().maxStoredCode)};
  const auto made = context.parts.temporary->make(
      {.accountId = context.account(),
       .session = std::move(session),
       .policy = policyFor(context, token.ossBucket, folder + token.objectName)},
      context.now() + context.settings().bucketTokenExpiry);
  token.credentials = {made.accessKeyId, made.accessKeySecret, made.securityToken, made.expiration};
  return token;
}

}  // namespace

const schema::Shape& shapeOf(const CodeBucketTokenInput*) {
  using T = CodeBucketTokenInput;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "Service that the code is for."),
      field<&T::functionName>("functionName", "Function that the code is for.",
                              {.maxLength = maxText, .in = schema::In::query}),
      field<&T::instanceType>("instanceType", "Kind of instance of that function.",
                              {.maxLength = maxText, .in = schema::In::query}),
  };
  static constexpr schema::Shape shape = schema::shape<T>("GetTempCodeBucketTokenInput", fields);
  return shape;
}

const schema::Shape& shapeOf(const BucketCredentials*) {
  using T = BucketCredentials;
  static constexpr Field fields[] = {
      field<&T::accessKeyId>("AccessKeyId", "Names the temporary key."),
      field<&T::accessKeySecret>("AccessKeySecret", "What it signs with."),
      field<&T::securityToken>("SecurityToken", "Goes with each request."),
      field<&T::expiration>("Expiration", "When they end."),
  };
  static constexpr schema::Shape shape = schema::shape<T>("BucketCredentials", fields);
  return shape;
}

const schema::Shape& shapeOf(const BucketToken*) {
  using T = BucketToken;
  static constexpr Field fields[] = {
      field<&T::credentials>("credentials", "Good for putting that one object."),
      field<&T::ossRegion>("ossRegion", "Region of the bucket."),
      field<&T::ossBucket>("ossBucket", "Bucket to put it into."),
      field<&T::objectName>("objectName",
                            "Last part of the object's name, behind the account and, for a "
                            "function's code, the service."),
      field<&T::codeSizeLimit>("codeSizeLimit", "Bytes that it may have."),
  };
  static constexpr schema::Shape shape = schema::shape<T>("BucketToken", fields);
  return shape;
}

Task<BucketToken> getTempCodeBucketToken(Context context, CodeBucketTokenInput input) {
  co_return tokenFor(context, fmt::format("{}/{}/", context.account(), input.serviceName),
                     input.serviceName + '/' + input.functionName);
}

Task<BucketToken> getTempBucketToken(Context context, NoInput) {
  co_return tokenFor(context, context.account() + '/', "layers");
}

}  // namespace openfc::api
