#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "base/workers.h"
#include "http/outbound.h"
#include "package/sigv4.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>

namespace openfc::package {

/// A bucket whose objects are files below a directory.
struct DirectoryBucket {
  std::filesystem::path directory;
};

/// A bucket of an S3-compatible service (MinIO, Ceph, OSS itself …).
struct RemoteBucket {
  /// Where the bucket's name stands: http://endpoint/bucket/object or
  /// http://bucket.endpoint/object.
  enum class Style { path, virtualHost };

  std::string endpoint;  // "https://host[:port]"
  std::string region = "us-east-1";
  Style style = Style::path;
  Credentials credentials;
  std::string name;  // of the bucket there; "" = the same as here
};

using Bucket = std::variant<DirectoryBucket, RemoteBucket>;

/// Where code of `ossBucketName` and `ossObjectName` comes from. Thread-safe; blocking work runs on
/// Workers. An endpoint on a private address needs an exception in the policy of `outbound`.
class Buckets {
public:
  Buckets(std::map<std::string, Bucket> buckets, const http::Outbound& outbound, const Clock& clock,
          Loop& loop, Workers& workers);

  /// The object's bytes. Throws Error: unknown bucket, missing object, refused access or name
  /// (invalidArgument), more than `limit` bytes (entityTooLarge); std::runtime_error when the
  /// service or the disk fails.
  Task<std::string> fetch(std::string bucket, std::string object, std::uint64_t limit) const;

private:
  /// What a message needs to name.
  struct Wanted {
    std::string bucket;
    std::string object;
    std::uint64_t limit = 0;
  };
  std::string read(const DirectoryBucket& bucket, const Wanted& wanted) const;
  std::string download(const RemoteBucket& bucket, const Wanted& wanted) const;

  std::map<std::string, Bucket> buckets_;
  const http::Outbound& outbound_;
  const Clock& clock_;
  Loop& loop_;
  Workers& workers_;
};

}  // namespace openfc::package
