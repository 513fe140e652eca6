#include "auth/oss_signature.h"

#include "auth/canonical.h"
#include "base/encoding.h"

#include <algorithm>
#include <map>

namespace openfc::auth {
namespace {

/// Parameters of the query that are part of the resource; the others are not signed.
constexpr std::string_view subresources[] = {
    "accessPoint",
    "accessPointPolicy",
    "acl",
    "append",
    "asyncFetch",
    "bucketArchiveDirectRead",
    "bucketInfo",
    "callback",
    "callback-var",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "endTime",
    "group",
    "httpsConfig",
    "img",
    "inventory",
    "inventoryId",
    "lifecycle",
    "link",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectInfo",
    "objectMeta",
    "partNumber",
    "policy",
    "position",
    "publicAccessBlock",
    "qos",
    "qosInfo",
    "qosRequester",
    "redundancyTransition",
    "referer",
    "regionList",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "requesterQosInfo",
    "resourceGroup",
    "resourcePool",
    "resourcePoolBuckets",
    "resourcePoolInfo",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "security-token",
    "sequential",
    "startTime",
    "stat",
    "status",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "transferAcceleration",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "vod",
    "website",
    "worm",
    "wormExtend",
    "wormId",
    "x-oss-ac-forward-allow",
    "x-oss-ac-source-ip",
    "x-oss-ac-subnet-mask",
    "x-oss-ac-vpc-id",
    "x-oss-access-point-name",
    "x-oss-async-process",
    "x-oss-process",
    "x-oss-redundancy-transition-taskid",
    "x-oss-request-payer",
    "x-oss-target-redundancy-type",
    "x-oss-traffic-limit",
    "x-oss-write-get-object-response",
};

std::string_view headerOf(const http::Request& request, std::string_view name) {
  return trimmed(request.headers.find(name).value_or(""));
}

/// "key=value" or "key", sorted by key and joined by '&' behind a '?'.
bool appendSubresources(std::string& out, std::string_view query) {
  const auto signedOnes = ossSubresources(query);
  if (!signedOnes) return false;
  char separator = '?';
  for (const auto& [key, value] : *signedOnes) {
    out += separator;
    out += key;
    if (!value.empty()) out += '=' + value;
    separator = '&';
  }
  return true;
}

void appendHeaders(std::string& out, const http::Request& request) {
  std::map<std::string, std::string_view> signedOnes;
  for (const http::Header& header : request.headers.all()) {
    std::string name = toLower(header.name);
    if (name.starts_with("x-oss-")) signedOnes.emplace(std::move(name), trimmed(header.value));
  }
  for (const auto& [name, value] : signedOnes) {
    out += name;
    out += ':';
    out += value;
    out += '\n';
  }
}

std::optional<OssClaim> claimOfHeader(const http::Request& request,
                                      std::string_view authorization) {
  constexpr std::string_view scheme = "OSS ";
  if (!authorization.starts_with(scheme)) return {};
  authorization = trimmed(authorization.substr(scheme.size()));
  const std::size_t colon = authorization.rfind(':');
  std::string_view date = headerOf(request, "x-oss-date");
  if (date.empty()) date = headerOf(request, "date");
  if (colon == std::string_view::npos || colon == 0 || date.empty()) return {};
  return OssClaim{.accessKeyId = std::string(authorization.substr(0, colon)),
                  .signature = std::string(authorization.substr(colon + 1)),
                  .securityToken = std::string(headerOf(request, "x-oss-security-token")),
                  .date = std::string(date)};
}

}  // namespace

std::optional<std::map<std::string, std::string>> ossSubresources(std::string_view query) {
  std::map<std::string, std::string> found;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    const auto key = percentDecode(part.substr(0, equals), Plus::blank);
    const auto value = percentDecode(
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1),
        Plus::blank);
    if (!key || !value) return std::nullopt;
    if (std::ranges::find(subresources, *key) != std::end(subresources)) {
      found.emplace(*key, *value);
    }
  }
  return found;
}

std::vector<std::string> ossArns(std::string_view region, std::string_view account,
                                 std::string_view bucket, std::string_view object) {
  std::string rest = std::string(region) + ':' + std::string(account) + ':';
  rest += bucket.empty() ? "*" : bucket;
  if (!object.empty()) rest += '/' + std::string(object);
  return {"acs:oss:" + rest, "acs:oss:oss-" + rest};
}

std::optional<OssClaim> ossClaimOf(const http::Request& request) {
  const std::string_view authorization = headerOf(request, "authorization");
  if (!authorization.empty()) return claimOfHeader(request, authorization);
  const std::string_view query = request.rawQuery();
  OssClaim claim{.accessKeyId = queryValue(query, "OSSAccessKeyId"),
                 .signature = queryValue(query, "Signature"),
                 .securityToken = queryValue(query, "security-token"),
                 .date = queryValue(query, "Expires"),
                 .presigned = true};
  if (claim.accessKeyId.empty() || claim.signature.empty() || claim.date.empty()) return {};
  return claim;
}

std::optional<std::string> ossStringToSign(const http::Request& request, std::string_view resource,
                                           const OssClaim& claim) {
  std::string out = request.method;
  for (const std::string_view line :
       {headerOf(request, "content-md5"), headerOf(request, "content-type"),
        std::string_view(claim.date)}) {
    out += '\n';
    out += line;
  }
  out += '\n';
  appendHeaders(out, request);
  out += resource;
  if (!appendSubresources(out, request.rawQuery())) return {};
  return out;
}

bool ossSignatureFits(const http::Request& request, std::string_view resource,
                      const OssClaim& claim, std::string_view secret) {
  const auto text = ossStringToSign(request, resource, claim);
  return text && sameInConstantTime(toBase64(hmacSha1(secret, *text)), claim.signature);
}

}  // namespace openfc::auth
