#include "package/sigv4.h"

#include "base/encoding.h"
#include "base/time_text.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::package {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

std::string signedNames(const SignableRequest& request) {
  std::string names;
  for (const auto& [name, value] : request.headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string canonicalRequest(const SignableRequest& request) {
  std::string text = fmt::format("{}\n{}\n{}\n", request.method, request.path, request.query);
  for (const auto& [name, value] : request.headers)
    text += fmt::format("{}:{}\n", name, trimmed(value));
  return text + fmt::format("\n{}\n{}", signedNames(request), request.payloadHash);
}

std::string signingKey(std::string_view secret, std::string_view day, std::string_view region) {
  std::string key = hmacSha256(fmt::format("AWS4{}", secret), day);
  for (const std::string_view step :
       {region, std::string_view("s3"), std::string_view("aws4_request")}) {
    key = hmacSha256(key, step);
  }
  return key;
}

}  // namespace

std::string toAmzDate(Time time) {
  std::string text = toIso(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::string signV4(const SignableRequest& request, const Credentials& credentials,
                   std::string_view region) {
  const std::string& date = request.headers.at("x-amz-date");
  const std::string day = date.substr(0, 8);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, region);
  const std::string toSign = fmt::format("{}\n{}\n{}\n{}", algorithm, date, scope,
                                         toHex(sha256(canonicalRequest(request))));
  const std::string signature =
      toHex(hmacSha256(signingKey(credentials.accessKeySecret, day, region), toSign));
  return fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", algorithm,
                     credentials.accessKeyId, scope, signedNames(request), signature);
}

}  // namespace openfc::package
