#include "package/sigv4.h"

#include "base/encoding.h"

#include <gtest/gtest.h>

namespace openfc::package {
namespace {

// The example "GET Object" of AWS's documentation of Signature Version 4 for S3.
TEST(SignatureV4, MatchesThePublishedExample) {
  const SignableRequest request = {.method = "GET",
                                   .path = "/test.txt",
                                   .query = "",
                                   .headers = {{"host", "examplebucket.s3.amazonaws.com"},
                                               {"range", "bytes=0-9"},
                                               {"x-amz-content-sha256", toHex(sha256(""))},
                                               {"x-amz-date", "20130524T000000Z"}},
                                   .payloadHash = toHex(sha256(""))};
  const Credentials credentials = {.accessKeyId = "AKIAIOSFODNN7EXAMPLE",
                                   .accessKeySecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};

  EXPECT_EQ(signV4(request, credentials, "us-east-1"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SignatureV4, WritesDatesInBasicForm) {
  EXPECT_EQ(toAmzDate(Time(std::chrono::seconds(1'369'353'600))), "20130524T000000Z");
}

}  // namespace
}  // namespace openfc::package
