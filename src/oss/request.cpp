#include "oss/request.h"

#include "auth/canonical.h"
#include "base/encoding.h"
#include "base/time_text.h"
#include "oss/error.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace openfc::oss {
namespace {

enum class About { buckets, bucket, object };

struct OperationRow {
  std::string_view method;
  About about;
  std::string_view subresource;  // "" = none
  Operation operation;
};

constexpr OperationRow rows[] = {
    {"GET", About::buckets, "", Operation::listBuckets},
    {"GET", About::bucket, "", Operation::listObjects},
    {"GET", About::bucket, "location", Operation::getBucketLocation},
    {"GET", About::bucket, "bucketInfo", Operation::getBucketInfo},
    {"GET", About::bucket, "acl", Operation::getBucketAcl},
    {"GET", About::object, "", Operation::getObject},
    {"HEAD", About::object, "", Operation::getObject},
    {"HEAD", About::object, "objectMeta", Operation::getObject},
    {"PUT", About::object, "", Operation::putObject},
    {"DELETE", About::object, "", Operation::deleteObject},
};

struct ActionRow {
  Operation operation;
  std::string_view action;
};

constexpr ActionRow actions[] = {
    {Operation::listBuckets, "oss:ListBuckets"},
    {Operation::listObjects, "oss:ListObjects"},
    {Operation::getBucketLocation, "oss:GetBucketLocation"},
    {Operation::getBucketInfo, "oss:GetBucketInfo"},
    {Operation::getBucketAcl, "oss:GetBucketAcl"},
    {Operation::getObject, "oss:GetObject"},
    {Operation::putObject, "oss:PutObject"},
    {Operation::deleteObject, "oss:DeleteObject"},
};

/// Methods that object storage knows at all.
constexpr std::string_view methods[] = {"GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS"};

/// Headers of OSS that a request may carry; any other asks for something that is not there.
constexpr std::string_view knownHeaders[] = {
    "x-oss-date",           "x-oss-security-token", "x-oss-forbid-overwrite",
    "x-oss-range-behavior", "x-oss-object-acl",     "x-oss-storage-class",
};

bool isPassive(std::string_view subresource) {
  return subresource == "security-token" || subresource == "continuation-token" ||
         subresource.starts_with("response-");
}

std::string_view valueOf(const http::Headers& headers, std::string_view name) {
  return trimmed(headers.find(name).value_or(""));
}

bool isIpAddress(std::string_view host) {
  return host.starts_with('[') ||
         std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

/// The Host's first label; "" = it has one label only, or is an address.
std::string bucketOfHost(std::string_view host) {
  host = host.substr(0, host.rfind(':'));
  const auto dot = host.find('.');
  if (dot == std::string_view::npos || isIpAddress(host)) return {};
  return toLower(host.substr(0, dot));
}

void refuseUnknownHeaders(const http::Headers& headers) {
  for (const http::Header& header : headers.all()) {
    const std::string name = toLower(header.name);
    if (!name.starts_with("x-oss-") || name.starts_with("x-oss-meta-")) continue;
    const bool known = std::ranges::find(knownHeaders, name) != std::end(knownHeaders);
    const std::string_view value = trimmed(header.value);
    const bool usual = (name != "x-oss-object-acl" || value == "private" || value == "default") &&
                       (name != "x-oss-storage-class" || value == "Standard");
    if (!known || !usual) {
      throw Error(notImplemented, fmt::format("the header {} asks for something that is not "
                                              "implemented here (actual: '{}')",
                                              name, value.substr(0, 64)));
    }
  }
}

std::optional<std::uint64_t> numberOf(std::string_view text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Whether one of the ETags of a header, quoted or not, is this one; `*` is any.
bool names(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    one = trimmed(one);
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one.size() >= 2 && one.front() == '"' && one.back() == '"') {
      one = one.substr(1, one.size() - 2);
    }
    if (one == "*" || sameIgnoringCase(one, etag)) return true;
  }
  return false;
}

std::size_t limitOf(std::string_view query) {
  constexpr std::size_t usual = 100;
  constexpr std::size_t most = 1000;
  const std::string text = auth::queryValue(query, "max-keys");
  if (text.empty()) return usual;
  const auto number = numberOf(text);
  if (!number || *number < 1 || *number > most) {
    throw Error(invalidArgument, fmt::format("max-keys must be between 1 and {} (actual: '{}')",
                                             most, text.substr(0, 64)));
  }
  return static_cast<std::size_t>(*number);
}

std::string shortText(std::string_view query, std::string_view name) {
  std::string text = auth::queryValue(query, name);
  constexpr std::size_t most = 1024;
  if (text.size() > most) {
    throw Error(invalidArgument, fmt::format("{} must have at most {} bytes", name, most));
  }
  return text;
}

}  // namespace

std::vector<Target> readings(const http::Request& request) {
  std::string_view raw = request.rawPath();
  if (!raw.starts_with('/')) return {};
  raw.remove_prefix(1);
  const auto path = percentDecode(raw, Plus::keep);
  if (!path) return {};
  std::vector<Target> found;
  const auto slash = path->find('/');
  if (slash != 0) {
    found.push_back({.bucket = path->substr(0, slash),
                     .key = slash == std::string::npos ? "" : path->substr(slash + 1)});
  }
  std::string label = bucketOfHost(valueOf(request.headers, "host"));
  if (!label.empty()) found.push_back({.bucket = std::move(label), .key = *path});
  return found;
}

void refuseRepeatedHeaders(const http::Headers& headers) {
  constexpr std::string_view signedToo[] = {"content-md5", "content-type", "date", "authorization"};
  std::set<std::string> seen;
  for (const http::Header& header : headers.all()) {
    std::string name = toLower(header.name);
    const bool isSigned =
        name.starts_with("x-oss-") || std::ranges::find(signedToo, name) != std::end(signedToo);
    if (!isSigned) continue;
    const auto [place, isNew] = seen.insert(std::move(name));
    if (!isNew) throw Error(invalidArgument, fmt::format("The header {} stands twice.", *place));
  }
}

std::string signedResource(const Target& target) {
  if (target.bucket.empty()) return "/";
  return "/" + target.bucket + "/" + target.key;
}

std::string_view actionOf(Operation operation) {
  return std::ranges::find(actions, operation, &ActionRow::operation)->action;
}

Operation operationOf(const http::Request& request, const Target& target,
                      const Subresources& subresources) {
  if (std::ranges::find(methods, request.method) == std::end(methods)) {
    throw Error(methodNotAllowed);
  }
  refuseUnknownHeaders(request.headers);
  std::string asked;
  std::size_t count = 0;
  for (const auto& [name, value] : subresources) {
    if (isPassive(name)) continue;
    asked = name;
    ++count;
  }
  const About about = target.bucket.empty() ? About::buckets
                      : target.key.empty()  ? About::bucket
                                            : About::object;
  for (const OperationRow& row : rows) {
    if (count <= 1 && row.method == request.method && row.about == about &&
        row.subresource == asked) {
      return row.operation;
    }
  }
  throw Error(notImplemented, fmt::format("{} is not implemented here{}{}", request.method,
                                          asked.empty() ? "" : ": ", asked));
}

std::variant<ByteRange, NoRange> rangeOf(std::string_view header, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  header = trimmed(header);
  if (!header.starts_with(unit)) return NoRange::wanted;
  header = trimmed(header.substr(unit.size()));
  const auto dash = header.find('-');
  if (dash == std::string_view::npos) return NoRange::wanted;
  const std::string_view begin = header.substr(0, dash);
  const std::string_view end = header.substr(dash + 1);
  const auto first = numberOf(begin);
  const auto last = numberOf(end);
  if ((!begin.empty() && !first) || (!end.empty() && !last)) return NoRange::wanted;
  if (first) {
    if (last && *last < *first) return NoRange::wanted;
    if (*first >= size) return NoRange::unsatisfiable;
    return ByteRange{*first, std::min(last.value_or(size - 1), size - 1)};
  }
  if (!last) return NoRange::wanted;
  if (*last == 0 || size == 0) return NoRange::unsatisfiable;
  return ByteRange{size - std::min(size, *last), size - 1};
}

Verdict conditionsOf(const http::Headers& headers, std::string_view etag, Time modified) {
  // HTTP knows whole seconds only.
  const auto seconds = std::chrono::floor<std::chrono::seconds>(modified);
  const auto match = valueOf(headers, "if-match");
  if (!match.empty() && !names(match, etag)) return Verdict::failed;
  const auto unmodified = fromHttpDate(valueOf(headers, "if-unmodified-since"));
  if (unmodified && seconds > *unmodified) return Verdict::failed;
  const auto noneMatch = valueOf(headers, "if-none-match");
  if (!noneMatch.empty() && names(noneMatch, etag)) return Verdict::notModified;
  const auto since = fromHttpDate(valueOf(headers, "if-modified-since"));
  if (noneMatch.empty() && since && seconds <= *since) return Verdict::notModified;
  return Verdict::go;
}

ListRequest listRequestOf(std::string_view query, const Subresources& subresources) {
  ListRequest list{.prefix = shortText(query, "prefix"),
                   .delimiter = shortText(query, "delimiter"),
                   .limit = limitOf(query)};
  const std::string type = auth::queryValue(query, "list-type");
  if (!type.empty() && type != "2") throw Error(invalidArgument, "list-type must be 2");
  list.second = !type.empty();
  const std::string encoding = auth::queryValue(query, "encoding-type");
  if (!encoding.empty() && encoding != "url") {
    throw Error(invalidArgument, "encoding-type must be url");
  }
  list.urlEncoded = !encoding.empty();
  if (!list.second) {
    list.marker = shortText(query, "marker");
    list.after = list.marker;
    return list;
  }
  list.owners = auth::queryValue(query, "fetch-owner") == "true";
  list.startAfter = shortText(query, "start-after");
  list.after = list.startAfter;
  const auto token = subresources.find("continuation-token");
  if (token == subresources.end() || token->second.empty()) return list;
  const auto last = fromHex(token->second);
  if (!last) throw Error(invalidArgument, "the continuation-token is not valid");
  list.continuationToken = token->second;
  list.after = *last;
  return list;
}

std::string continuationTokenOf(std::string_view last) { return toHex(last); }

}  // namespace openfc::oss
