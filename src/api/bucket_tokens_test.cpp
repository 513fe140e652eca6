#include "api/test_api.h"
#include "auth/oss_signature.h"

namespace openfc::api {
namespace {

class BucketTokens : public ApiTest {
protected:
  /// Whether the credentials of an answer may do this.
  bool may(const Answer& answer, std::string_view action, const std::string& bucket,
           const std::string& key) {
    const auto json = answer.json();
    const auto& credentials = json.at("credentials").as_object();
    const auto identity =
        authenticator.identify(credentials.at("AccessKeyId").as_string(),
                               credentials.at("SecurityToken").as_string(), clock.now());
    EXPECT_EQ(identity.accountId, "1000");
    EXPECT_EQ(identity.secret, std::string(credentials.at("AccessKeySecret").as_string()));
    const auto arns = auth::ossArns(parts.settings.region, "1000", bucket, key);
    const std::vector<std::string_view> views(arns.begin(), arns.end());
    return identity.permissions.allow({.action = action,
                                       .resources = views,
                                       .circumstances = {.sourceIp = "", .now = clock.now()}});
  }
};

TEST_F(BucketTokens, AllowToPutOneObjectOfTheService) {
  const Answer answer = call("GetTempCodeBucketToken", {.path = {{"serviceName", "svc"}},
                                                        .query = "functionName=f&instanceType=e1"});

  ASSERT_EQ(answer.status(), 200);
  const std::string bucket = "openfc-code-1000";
  const std::string key = "1000/svc/" + answer.text("objectName");
  EXPECT_EQ(answer.text("ossBucket"), bucket);
  EXPECT_EQ(answer.text("ossRegion"), "oss-cn-hangzhou");
  EXPECT_EQ(answer.json().at("codeSizeLimit").to_number<std::size_t>(),
            parts.settings.maxStoredCode);
  EXPECT_EQ(answer.json().at("credentials").at("Expiration").as_string(), "2022-03-01T09:00:00Z");
  EXPECT_TRUE(may(answer, "oss:PutObject", bucket, key));
  EXPECT_FALSE(may(answer, "oss:PutObject", bucket, key + "x"));
  EXPECT_FALSE(may(answer, "oss:PutObject", bucket, "1000/other/" + answer.text("objectName")));
  EXPECT_FALSE(may(answer, "oss:PutObject", "bucket", key));
  EXPECT_FALSE(may(answer, "oss:GetObject", bucket, key));
  EXPECT_FALSE(may(answer, "fc:GetService", bucket, key));
}

TEST_F(BucketTokens, AllowToPutOneObjectOfTheAccount) {
  const Answer answer = call("GetTempBucketToken");

  ASSERT_EQ(answer.status(), 200);
  EXPECT_TRUE(
      may(answer, "oss:PutObject", "openfc-code-1000", "1000/" + answer.text("objectName")));
  EXPECT_NE(answer.text("objectName"), call("GetTempBucketToken").text("objectName"));
}

TEST_F(BucketTokens, EndInTime) {
  const Answer answer = call("GetTempBucketToken");

  clock.time += parts.settings.bucketTokenExpiry;

  EXPECT_THROW(may(answer, "oss:PutObject", "b", "k"), Error);
}

TEST_F(BucketTokens, NeedAGoodServiceName) {
  EXPECT_EQ(call("GetTempCodeBucketToken", {.path = {{"serviceName", "*"}}}).code(),
            "InvalidArgument");
}

}  // namespace
}  // namespace openfc::api
