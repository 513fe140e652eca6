#pragma once

#include "http/message.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// OSS signature version 1 (wire-contract 3.7): what the clients of buckets sign. Pure functions.
namespace openfc::auth {

/// What a request to a bucket claims.
struct OssClaim {
  std::string accessKeyId;
  std::string signature;      // base64
  std::string securityToken;  // "" = a lasting key
  std::string date;           // of the header, or seconds since 1970 until which a URL is good
  bool presigned = false;
};

/// From `Authorization: OSS id:signature`, or from the query of a pre-signed URL. Nothing: the
/// request carries neither, or no date.
std::optional<OssClaim> ossClaimOf(const http::Request& request);

/// The parameters of a query that are part of the resource, and so signed, decoded: they say what
/// is asked of a bucket or an object. The first of several counts. Nothing: an invalid escape.
std::optional<std::map<std::string, std::string>> ossSubresources(std::string_view query);

/// What policies call a bucket ("" = all of the account's) or an object ("" = the bucket itself):
/// both spellings of the region, "cn-hangzhou" and "oss-cn-hangzhou".
std::vector<std::string> ossArns(std::string_view region, std::string_view account,
                                 std::string_view bucket, std::string_view object);

/// The text that is signed. `resource` is `/bucket/object`, decoded, `/bucket/` for a bucket and
/// `/` for none; the subresources of the query follow it. Nothing: the query holds an invalid
/// escape.
std::optional<std::string> ossStringToSign(const http::Request& request, std::string_view resource,
                                           const OssClaim& claim);

/// Whether the claim was signed with this secret. Compares in constant time.
bool ossSignatureFits(const http::Request& request, std::string_view resource,
                      const OssClaim& claim, std::string_view secret);

}  // namespace openfc::auth
