#include "oss/request.h"

#include "base/time_text.h"
#include "oss/error.h"
#include "oss/xml.h"

#include <gtest/gtest.h>

namespace openfc::oss {
namespace {

http::Request requestOf(const std::string& method, const std::string& target,
                        const std::vector<http::Header>& headers = {}) {
  http::Request request{.method = method, .target = target, .headers = {}, .body = {}};
  for (const http::Header& header : headers) request.headers.add(header.name, header.value);
  return request;
}

std::string readingsOf(const std::string& target, const std::string& host) {
  std::string text;
  for (const Target& one : readings(requestOf("GET", target, {{"Host", host}}))) {
    text += "[" + one.bucket + "|" + one.key + "]";
  }
  return text;
}

TEST(OssReadings, AreThePathAndTheHost) {
  struct Case {
    const char* target;
    const char* host;
    const char* readings;
  };
  constexpr Case cases[] = {
      {"/", "127.0.0.1:80", "[|]"},
      {"/b", "127.0.0.1:80", "[b|]"},
      {"/b/", "[::1]:80", "[b|]"},
      {"/b/k/l?x=y", "localhost:80", "[b|k/l]"},
      {"/b/k%2Fl%20+", "localhost", "[b|k/l +]"},
      {"/k/l", "B.oss.example:80", "[k|l][b|k/l]"},
      {"/", "b.localhost:8016", "[|][b|]"},
      {"//k", "b.localhost", "[b|/k]"},
      {"//k", "localhost", ""},
      {"/%zz", "b.localhost", ""},
      {"*", "b.localhost", ""},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(readingsOf(row.target, row.host), row.readings) << row.target << " " << row.host;
  }
}

TEST(OssReadings, AreSignedAsBucketAndKey) {
  EXPECT_EQ(signedResource({}), "/");
  EXPECT_EQ(signedResource({.bucket = "b", .key = ""}), "/b/");
  EXPECT_EQ(signedResource({.bucket = "b", .key = "k/l"}), "/b/k/l");
}

std::string problemOfHeaders(const std::vector<http::Header>& headers) {
  try {
    refuseRepeatedHeaders(requestOf("PUT", "/b/k", headers).headers);
  } catch (const Error& error) {
    return std::string(error.row().code) + ": " + error.message();
  }
  return "";
}

TEST(OssHeaders, AreRefusedWhereTheSignatureCoversOneOfTwo) {
  EXPECT_EQ(problemOfHeaders({{"x-oss-meta-a", "1"}, {"X-Oss-Meta-A", "2"}}),
            "InvalidArgument: The header x-oss-meta-a stands twice.");
  EXPECT_EQ(problemOfHeaders({{"Content-Type", "a"}, {"content-type", "a"}}),
            "InvalidArgument: The header content-type stands twice.");
  EXPECT_EQ(problemOfHeaders({{"x-oss-meta-a", "1"}, {"x-oss-meta-b", "1"}, {"Date", "d"}}), "");
  EXPECT_EQ(problemOfHeaders({{"Via", "a"}, {"Via", "b"}}), "");
}

std::string operationAt(const std::string& method, const Target& target,
                        const std::string& subresource = "",
                        const std::vector<http::Header>& headers = {}) {
  Subresources subresources;
  if (!subresource.empty()) subresources[subresource] = "";
  try {
    return std::string(
        actionOf(operationOf(requestOf(method, "/", headers), target, subresources)));
  } catch (const Error& error) {
    return std::string(error.row().code);
  }
}

TEST(OssOperations, AreThoseOfTheTableAndNothingIsLeftOut) {
  const Target bucket{.bucket = "b", .key = ""};
  const Target object{.bucket = "b", .key = "k"};
  EXPECT_EQ(operationAt("GET", {}), "oss:ListBuckets");
  EXPECT_EQ(operationAt("GET", bucket), "oss:ListObjects");
  EXPECT_EQ(operationAt("GET", bucket, "continuation-token"), "oss:ListObjects");
  EXPECT_EQ(operationAt("GET", bucket, "location"), "oss:GetBucketLocation");
  EXPECT_EQ(operationAt("GET", bucket, "bucketInfo"), "oss:GetBucketInfo");
  EXPECT_EQ(operationAt("GET", bucket, "acl"), "oss:GetBucketAcl");
  EXPECT_EQ(operationAt("GET", object), "oss:GetObject");
  EXPECT_EQ(operationAt("GET", object, "response-content-type"), "oss:GetObject");
  EXPECT_EQ(operationAt("HEAD", object), "oss:GetObject");
  EXPECT_EQ(operationAt("HEAD", object, "objectMeta"), "oss:GetObject");
  EXPECT_EQ(operationAt("PUT", object), "oss:PutObject");
  EXPECT_EQ(operationAt("DELETE", object), "oss:DeleteObject");

  for (const char* subresource : {"acl", "tagging", "uploads", "uploadId", "symlink", "callback"}) {
    EXPECT_EQ(operationAt("PUT", object, subresource), "NotImplemented") << subresource;
  }
  EXPECT_EQ(operationAt("POST", bucket, "delete"), "NotImplemented");
  EXPECT_EQ(operationAt("PUT", bucket), "NotImplemented");
  EXPECT_EQ(operationAt("DELETE", bucket), "NotImplemented");
  EXPECT_EQ(operationAt("PUT", object, "", {{"x-oss-copy-source", "/b/k"}}), "NotImplemented");
  EXPECT_EQ(operationAt("PUT", object, "", {{"X-Oss-Object-Acl", "public-read"}}),
            "NotImplemented");
  EXPECT_EQ(operationAt("PUT", object, "", {{"x-oss-storage-class", "Archive"}}), "NotImplemented");
  EXPECT_EQ(
      operationAt("PUT", object, "", {{"x-oss-meta-a", "b"}, {"x-oss-object-acl", "default"}}),
      "oss:PutObject");
  EXPECT_EQ(operationAt("TRACE", object), "MethodNotAllowed");
}

std::string rangeAt(std::string_view header, std::uint64_t size) {
  const auto range = rangeOf(header, size);
  if (const auto* part = std::get_if<ByteRange>(&range)) {
    return std::to_string(part->first) + "-" + std::to_string(part->last);
  }
  return std::get<NoRange>(range) == NoRange::wanted ? "whole" : "unsatisfiable";
}

TEST(OssRange, IsOneRangeOfTheObjectOrNone) {
  struct Case {
    const char* header;
    std::uint64_t size;
    const char* range;
  };
  constexpr Case cases[] = {
      {"bytes=0-4", 10, "0-4"},
      {"bytes=4-4", 10, "4-4"},
      {"bytes=4-", 10, "4-9"},
      {"bytes=4-99", 10, "4-9"},
      {"bytes=-3", 10, "7-9"},
      {"bytes=-30", 10, "0-9"},
      {" bytes=0-0 ", 1, "0-0"},
      {"bytes=10-", 10, "unsatisfiable"},
      {"bytes=-0", 10, "unsatisfiable"},
      {"bytes=0-", 0, "unsatisfiable"},
      {"bytes=-1", 0, "unsatisfiable"},
      {"bytes=18446744073709551615-18446744073709551615", 10, "unsatisfiable"},
      {"bytes=18446744073709551616-", 10, "whole"},
      {"bytes=5-4", 10, "whole"},
      {"bytes=-", 10, "whole"},
      {"bytes=0-1,4-5", 10, "whole"},
      {"bytes=a-b", 10, "whole"},
      {"bytes=1", 10, "whole"},
      {"items=0-4", 10, "whole"},
      {"", 10, "whole"},
  };
  for (const Case& row : cases) {
    EXPECT_EQ(rangeAt(row.header, row.size), row.range) << row.header;
  }
}

TEST(OssConditions, DecideAsHttpSays) {
  const std::string etag = "ABCDEF";
  const Time modified = Time(std::chrono::milliseconds(1'646'121'600'500));
  const std::string before = "Tue, 01 Mar 2022 07:59:59 GMT";
  const std::string same = "Tue, 01 Mar 2022 08:00:00 GMT";
  struct Case {
    std::vector<http::Header> headers;
    Verdict verdict;
  };
  const Case cases[] = {
      {{}, Verdict::go},
      {{{"If-Match", "\"ABCDEF\""}}, Verdict::go},
      {{{"If-Match", "abcdef"}}, Verdict::go},
      {{{"If-Match", "*"}}, Verdict::go},
      {{{"If-Match", "\"x\", \"ABCDEF\""}}, Verdict::go},
      {{{"If-Match", "\"x\""}}, Verdict::failed},
      {{{"If-None-Match", "\"ABCDEF\""}}, Verdict::notModified},
      {{{"If-None-Match", "W/\"ABCDEF\""}}, Verdict::notModified},
      {{{"If-None-Match", "\"x\""}}, Verdict::go},
      {{{"If-Modified-Since", same}}, Verdict::notModified},
      {{{"If-Modified-Since", before}}, Verdict::go},
      {{{"If-Modified-Since", "nonsense"}}, Verdict::go},
      {{{"If-Modified-Since", same}, {"If-None-Match", "x"}}, Verdict::go},
      {{{"If-Unmodified-Since", same}}, Verdict::go},
      {{{"If-Unmodified-Since", before}}, Verdict::failed},
  };
  int number = 0;
  for (const Case& row : cases) {
    const auto request = requestOf("GET", "/", row.headers);
    EXPECT_EQ(conditionsOf(request.headers, etag, modified), row.verdict) << "case " << number++;
  }
}

std::string listFailure(std::string_view query, const Subresources& subresources = {}) {
  try {
    listRequestOf(query, subresources);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

TEST(OssLists, ReadBothVersions) {
  const ListRequest first = listRequestOf("prefix=a%2F&delimiter=/&marker=a/b&max-keys=7", {});
  EXPECT_EQ(first.prefix, "a/");
  EXPECT_EQ(first.delimiter, "/");
  EXPECT_EQ(first.after, "a/b");
  EXPECT_EQ(first.limit, 7U);
  EXPECT_TRUE(first.owners);

  const std::string token = continuationTokenOf("b/c");
  const ListRequest second =
      listRequestOf("list-type=2&start-after=a&encoding-type=url", {{"continuation-token", token}});
  EXPECT_EQ(second.after, "b/c");
  EXPECT_EQ(second.limit, 100U);
  EXPECT_TRUE(second.urlEncoded);
  EXPECT_FALSE(second.owners);
  EXPECT_EQ(listRequestOf("list-type=2&start-after=a", {}).after, "a");
}

TEST(OssLists, RefuseWhatTheyDoNotKnow) {
  for (const char* query : {"max-keys=0", "max-keys=1001", "max-keys=x", "max-keys=-1",
                            "list-type=3", "encoding-type=base64"}) {
    EXPECT_NE(listFailure(query), "") << query;
  }
  EXPECT_NE(listFailure("prefix=" + std::string(1025, 'a')), "");
  EXPECT_NE(listFailure("list-type=2", {{"continuation-token", "xyz"}}), "");
}

TEST(OssXml, EscapesWhatItIsGiven) {
  Xml xml("Root");
  xml.add("Key", "a<b>&\"c\"\n\x01");
  EXPECT_EQ(xml.finish(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<Root><Key>a&lt;b&gt;&amp;&quot;c&quot;&#10;?</Key></Root>");
}

}  // namespace
}  // namespace openfc::oss
