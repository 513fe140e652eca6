#pragma once

#include "auth/oss_signature.h"
#include "base/clock.h"
#include "http/message.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a request to object storage asks for. Pure: these functions read what strangers send.
namespace openfc::oss {

/// What a request is about: no bucket = the account's buckets, no key = the bucket itself.
struct Target {
  std::string bucket;
  std::string key;
  bool operator==(const Target&) const = default;
};

/// The ways to read a request's path: `/bucket/key`, and `/key` with the bucket in the Host's first
/// label. Only the signature tells which one the client means. Empty: an invalid escape.
std::vector<Target> readings(const http::Request& request);
/// Throws Error{invalidArgument} for a header of the signature that stands twice: it covers one
/// value, and nobody could tell which one the client means.
void refuseRepeatedHeaders(const http::Headers& headers);
/// The resource that is signed for it.
std::string signedResource(const Target& target);

enum class Operation {
  listBuckets,
  listObjects,
  getBucketLocation,
  getBucketInfo,
  getBucketAcl,
  getObject,
  putObject,
  deleteObject,
};
/// Its name in policies: "oss:GetObject".
std::string_view actionOf(Operation operation);

using Subresources = std::map<std::string, std::string>;
/// The operation of a method on a target. Throws Error{methodNotAllowed, notImplemented}: nothing
/// that a client asks for is left out in silence.
Operation operationOf(const http::Request& request, const Target& target,
                      const Subresources& subresources);

/// A part of an object, both ends included, as the header Range has it.
struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool operator==(const ByteRange&) const = default;
};
enum class NoRange { wanted, unsatisfiable };  // none is wanted; the one that is cannot be had
/// More than one range, or what is no range: none is wanted.
std::variant<ByteRange, NoRange> rangeOf(std::string_view header, std::uint64_t size);

enum class Verdict { go, notModified, failed };
/// The conditional headers against an object's ETag (without quotes) and time.
Verdict conditionsOf(const http::Headers& headers, std::string_view etag, Time modified);

/// Parameters of ListObjects and ListObjectsV2. Throws Error{invalidArgument}.
struct ListRequest {
  bool second = false;  // list-type=2
  std::string prefix;
  std::string delimiter;
  std::string after;  // marker, or continuation-token, or start-after
  std::string marker;
  std::string startAfter;
  std::string continuationToken;
  std::size_t limit = 100;
  bool urlEncoded = false;
  bool owners = true;
};
ListRequest listRequestOf(std::string_view query, const Subresources& subresources);
/// A token of ListObjectsV2 for what a page ended with.
std::string continuationTokenOf(std::string_view last);

}  // namespace openfc::oss
