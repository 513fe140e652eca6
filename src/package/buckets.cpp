#include "package/buckets.h"

#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/fd.h"
#include "package/entry_names.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stdexcept>

namespace openfc::package {
namespace {

constexpr std::size_t maxObjectName = 1023;  // OSS's limit

[[noreturn]] void refuseName(std::string_view object, std::string_view rule) {
  throw invalidArgument(fmt::format("ossObjectName '{}' {}", shownName(object), rule));
}

/// `.` and `..` would be resolved on the way, by the kernel or by an HTTP client.
void checkObjectName(std::string_view object) {
  if (object.empty()) refuseName(object, "is empty");
  if (object.size() > maxObjectName) refuseName(object, "has more than 1023 bytes");
  if (object.find('\0') != std::string_view::npos) refuseName(object, "has a NUL byte");
  if (object.front() == '/' || object.front() == '\\') refuseName(object, "begins with a slash");
  for (std::string_view rest = object; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part == "." || part == "..") refuseName(object, "has a part '.' or '..'");
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

Buckets::Buckets(std::map<std::string, Bucket> buckets, const http::Outbound& outbound,
                 const Clock& clock, Loop& loop, Workers& workers)
    : buckets_(std::move(buckets)),
      outbound_(outbound),
      clock_(clock),
      loop_(loop),
      workers_(workers) {}

Task<std::string> Buckets::fetch(std::string bucket, std::string object,
                                 std::uint64_t limit) const {
  const auto found = buckets_.find(bucket);
  if (found == buckets_.end()) {
    throw invalidArgument(
        fmt::format("ossBucketName '{}' is not a bucket of this server", shownName(bucket)));
  }
  checkObjectName(object);
  const Wanted wanted = {std::move(bucket), std::move(object), limit};
  const Bucket& source = found->second;
  co_return co_await workers_.run(loop_, [this, wanted, &source] {
    const auto* directory = std::get_if<DirectoryBucket>(&source);
    return directory != nullptr ? read(*directory, wanted)
                                : download(std::get<RemoteBucket>(source), wanted);
  });
}

std::string Buckets::read(const DirectoryBucket& bucket, const Wanted& wanted) const {
  const Fd directory(
      static_cast<int>(check(open(bucket.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC),
                             "open the bucket " + bucket.directory.string())));
  open_how how = {};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const Fd file(static_cast<int>(
      syscall(SYS_openat2, directory.get(), wanted.object.c_str(), &how, sizeof(how))));
  struct stat status = {};
  // Whatever cannot be opened is not there for a client: a link that leaves the bucket, a part that
  // is a file.
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw missing(wanted.bucket, wanted.object);
  }
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
                                .maxRedirects = 0});
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
