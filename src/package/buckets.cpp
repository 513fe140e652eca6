#include "package/buckets.h"

#include "base/check.h"
#include "base/directories.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "package/entry_names.h"
#include "package/object_files.h"
#include "package/object_names.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace openfc::package {
namespace {

void checkObjectName(std::string_view object) {
  if (const auto problem = objectNameProblem(object)) {
    throw invalidArgument(fmt::format("ossObjectName '{}' {}", shownName(object), *problem));
  }
}

Error missing(const std::string& bucket, const std::string& object) {
  return invalidArgument(fmt::format("object '{}' does not exist in bucket '{}'", shownName(object),
                                     shownName(bucket)));
}

Error tooLarge(const std::string& object, std::uint64_t limit) {
  return {Code::entityTooLarge,
          fmt::format("object '{}' has more than {} bytes", shownName(object), limit)};
}

/// An endpoint's parts; the port only if it is not the scheme's own, as HTTP clients write Host.
struct Address {
  std::string scheme;
  std::string authority;
};

Address addressOf(std::string_view endpoint) {
  const std::size_t colon = endpoint.find("://");
  if (colon == std::string_view::npos)
    throw std::runtime_error(fmt::format("bucket endpoint '{}': no URL", endpoint));
  const std::string_view scheme = endpoint.substr(0, colon);
  std::string_view authority = endpoint.substr(colon + 3);
  while (authority.ends_with('/')) authority.remove_suffix(1);
  const std::string_view usual = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(usual)) authority.remove_suffix(usual.size());
  return {std::string(scheme), std::string(authority)};
}

}  // namespace

Buckets::Buckets(std::map<std::string, Bucket> buckets, std::filesystem::path temporaryRoot,
                 const http::Outbound& outbound, const Clock& clock, Loop& loop, Workers& workers)
    : buckets_(std::move(buckets)),
      temporaryRoot_(std::move(temporaryRoot)),
      outbound_(outbound),
      clock_(clock),
      loop_(loop),
      workers_(workers) {}

std::string Buckets::temporaryName(std::string_view account) {
  return std::string(temporaryPrefix) + std::string(account);
}

std::optional<Bucket> Buckets::find(const std::string& name, const std::string& account) const {
  if (name == temporaryName(account)) {
    return Bucket{.source = DirectoryBucket{temporaryRoot_ / account},
                  .accounts = {account},
                  .temporary = true};
  }
  const auto found = buckets_.find(name);
  if (found == buckets_.end()) return std::nullopt;
  if (std::ranges::find(found->second.accounts, account) == found->second.accounts.end()) {
    return std::nullopt;
  }
  return found->second;
}

std::vector<std::string> Buckets::names(const std::string& account) const {
  std::vector<std::string> names = {temporaryName(account)};
  for (const auto& [name, bucket] : buckets_) {
    if (find(name, account)) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

Task<std::string> Buckets::fetch(std::string account, std::string bucket, std::string object,
                                 std::uint64_t limit) const {
  std::optional<Bucket> source = find(bucket, account);
  if (!source) {
    throw invalidArgument(
        fmt::format("ossBucketName '{}' is not a bucket of this account", shownName(bucket)));
  }
  checkObjectName(object);
  const Wanted wanted = {std::move(bucket), std::move(object), limit};
  const auto* directory = std::get_if<DirectoryBucket>(&source->source);
  const Lane lane = directory != nullptr ? Lane::objects : Lane::fetch;
  co_return co_await workers_.run(lane, std::move(account), loop_, [&] {
    return directory != nullptr ? read(*directory, wanted)
                                : download(std::get<RemoteBucket>(source->source), wanted);
  });
}

Task<std::size_t> Buckets::collect(Duration grace) const {
  const Time before = clock_.now() - grace;
  return workers_.run(Lane::sweep, "", loop_, [this, before] { return sweep(before); });
}

std::size_t Buckets::sweep(Time before) const {
  for (const auto& [name, bucket] : buckets_) {
    const auto* directory = std::get_if<DirectoryBucket>(&bucket.source);
    if (directory == nullptr || bucket.readOnly) continue;
    try {
      ObjectFiles(directory->directory).dropUnfinished(before);
    } catch (const SystemError& failure) {
      log::warn("unfinished uploads stay in a bucket",
                {{"bucket", name}, {"reason", failure.what()}});
    }
  }
  std::size_t removed = 0;
  if (!std::filesystem::exists(temporaryRoot_)) return removed;
  for (const auto& entry : std::filesystem::directory_iterator(temporaryRoot_)) {
    const ObjectFiles files(entry.path());
    files.dropUnfinished(before);
    removed += files.removeOlder(before);
  }
  return removed;
}

std::string Buckets::read(const DirectoryBucket& bucket, const Wanted& wanted) const {
  const Fd directory = openWithoutLinks(bucket.directory, O_PATH);
  if (!directory && errno == ENOENT) throw missing(wanted.bucket, wanted.object);
  check(directory.get(), "open the bucket " + bucket.directory.string());
  const Fd file = openBeneath(directory.get(), wanted.object, Links::follow);
  struct stat status = {};
  if (!file) throw missing(wanted.bucket, wanted.object);
  check(fstat(file.get(), &status), "tell the size of the object " + shownName(wanted.object));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > wanted.limit) throw tooLarge(wanted.object, wanted.limit);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const long part = check(::read(file.get(), bytes.data() + have, bytes.size() - have),
                            "read the object " + shownName(wanted.object));
    if (part == 0)
      throw std::runtime_error("read the object " + shownName(wanted.object) +
                               ": it was cut meanwhile");
    have += static_cast<std::size_t>(part);
  }
  return bytes;
}

std::string Buckets::download(const RemoteBucket& bucket, const Wanted& wanted) const {
  const Address address = addressOf(bucket.endpoint);
  const std::string& name = bucket.name.empty() ? wanted.bucket : bucket.name;
  const bool inPath = bucket.style == RemoteBucket::Style::path;
  const std::string host = inPath ? address.authority : name + "." + address.authority;
  const std::string path =
      (inPath ? "/" + percentEncode(name) : "") + "/" + percentEncode(wanted.object, "/");

  const std::string hash = toHex(sha256(""));
  const SignableRequest toSign = {.method = "GET",
                                  .path = path,
                                  .query = "",
                                  .headers = {{"host", host},
                                              {"x-amz-content-sha256", hash},
                                              {"x-amz-date", toAmzDate(clock_.now())}},
                                  .payloadHash = hash};
  http::Request request{
      .method = "GET", .target = address.scheme + "://" + host + path, .headers = {}, .body = {}};
  for (const auto& [header, value] : toSign.headers) request.headers.add(header, value);
  request.headers.add("Authorization", signV4(toSign, bucket.credentials, bucket.region));

  // No redirects: the signature is for this host only.
  http::Response response =
      outbound_.fetch(request, {.timeout = std::chrono::seconds(120),
                                .maxBody = static_cast<std::size_t>(wanted.limit),
                                .maxRedirects = 0,
                                .stop = workers_.stopping()});
  if (response.status == 200) return std::move(response.body);
  if (response.status == 404) throw missing(wanted.bucket, wanted.object);
  if (response.status == 403 || response.status == 401) {
    throw invalidArgument(fmt::format("bucket '{}' refuses access to object '{}'",
                                      shownName(wanted.bucket), shownName(wanted.object)));
  }
  throw std::runtime_error(fmt::format("get object '{}' of bucket '{}': the service answered {}",
                                       shownName(wanted.object), shownName(wanted.bucket),
                                       response.status));
}

}  // namespace openfc::package
