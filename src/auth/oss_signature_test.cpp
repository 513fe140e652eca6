#include "auth/oss_signature.h"

#include <gtest/gtest.h>

namespace openfc::auth {
namespace {

constexpr const char* date = "Thu, 17 Nov 2005 18:49:58 GMT";

http::Request put() {
  http::Request request{.method = "PUT", .target = "/a%20b?other=1"};
  request.headers.add("Content-MD5", "eB5eJF1ptWaXm4bijSPyxw==");
  request.headers.add("Content-Type", "text/html");
  request.headers.add("X-Oss-Meta-Author", "foo@bar.com");
  request.headers.add("x-oss-date", date);
  request.headers.add("x-oss-security-token", "tok");
  request.headers.add("Authorization", "OSS id:q5VE2LCrt5WoHhcgEF+NmN7UXpY=");
  return request;
}

// The signatures of this file are those that the official Node client (ali-oss 6.23) makes.

TEST(OssSignature, OfAHeaderIsTakenAsTheClientsMakeIt) {
  const http::Request request = put();

  const auto claim = ossClaimOf(request);

  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->accessKeyId, "id");
  EXPECT_EQ(claim->securityToken, "tok");
  EXPECT_EQ(claim->date, date);
  EXPECT_FALSE(claim->presigned);
  EXPECT_TRUE(ossSignatureFits(request, "/bucket/a b", *claim, "secret"));
}

TEST(OssSignature, FitsNoOtherObjectBucketOrSecret) {
  const http::Request request = put();
  const auto claim = ossClaimOf(request);

  EXPECT_FALSE(ossSignatureFits(request, "/bucket/a", *claim, "secret"));
  EXPECT_FALSE(ossSignatureFits(request, "/other/a b", *claim, "secret"));
  EXPECT_FALSE(ossSignatureFits(request, "/bucket/a b", *claim, "other"));
}

TEST(OssSignature, CoversTheTokenAndEveryOssHeader) {
  http::Request request = put();
  const auto claim = ossClaimOf(request);

  request.headers.set("x-oss-security-token", "other");
  EXPECT_FALSE(ossSignatureFits(request, "/bucket/a b", *claim, "secret"));
  request = put();
  request.headers.add("x-oss-object-acl", "public-read");
  EXPECT_FALSE(ossSignatureFits(request, "/bucket/a b", *claim, "secret"));
}

TEST(OssSignature, OfAUrlCoversItsSubresources) {
  const std::string query =
      "OSSAccessKeyId=id&Expires=1141889120&Signature=qmscY1X7jE2sgqGtupNq4nYA0mg%3D"
      "&security-token=t%2B%2Fk&response-content-type=text%2Fplain";
  http::Request request{.method = "GET", .target = "/nelson?" + query};

  const auto claim = ossClaimOf(request);

  ASSERT_TRUE(claim);
  EXPECT_TRUE(claim->presigned);
  EXPECT_EQ(claim->date, "1141889120");
  EXPECT_EQ(claim->securityToken, "t+/k");
  EXPECT_TRUE(ossSignatureFits(request, "/bucket/nelson", *claim, "secret"));
  request.target += "&acl";
  EXPECT_FALSE(ossSignatureFits(request, "/bucket/nelson", *claim, "secret"));
}

TEST(OssSignature, IsAbsentWithoutCredentialsOrDate) {
  http::Request request{.method = "GET", .target = "/nelson"};
  EXPECT_FALSE(ossClaimOf(request));

  for (const char* authorization : {"FC id:signature", "OSS id", "OSS :signature", "OSS "}) {
    request.headers.set("Date", date);
    request.headers.set("Authorization", authorization);
    EXPECT_FALSE(ossClaimOf(request)) << authorization;
  }
  request.headers.set("Authorization", "OSS id:signature");
  EXPECT_TRUE(ossClaimOf(request));
  request.headers.remove("Date");
  EXPECT_FALSE(ossClaimOf(request));
}

TEST(OssSignature, FitsNothingWhenTheQueryHoldsAnInvalidEscape) {
  http::Request request = put();
  request.target = "/a?x=%zz";
  const auto claim = ossClaimOf(request);

  EXPECT_FALSE(ossStringToSign(request, "/bucket/a b", *claim));
  EXPECT_FALSE(ossSignatureFits(request, "/bucket/a b", *claim, "secret"));
}

}  // namespace
}  // namespace openfc::auth
