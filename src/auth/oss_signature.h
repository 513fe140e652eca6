#pragma once

#include "http/message.h"

#include <optional>
#include <string>
#include <string_view>

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

/// The text that is signed. `resource` is `/bucket/object`, decoded, `/bucket/` for a bucket and
/// `/` for none; the subresources of the query follow it. Nothing: the query holds an invalid
/// escape.
std::optional<std::string> ossStringToSign(const http::Request& request, std::string_view resource,
                                           const OssClaim& claim);

/// Whether the claim was signed with this secret. Compares in constant time.
bool ossSignatureFits(const http::Request& request, std::string_view resource,
                      const OssClaim& claim, std::string_view secret);

}  // namespace openfc::auth
