#pragma once

#include "base/clock.h"
#include "base/task.h"
#include "base/workers.h"
#include "http/outbound.h"
#include "package/sigv4.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace openfc::package {

/// A bucket whose objects are files below a directory (ObjectFiles).
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

struct Bucket {
  std::variant<DirectoryBucket, RemoteBucket> source;
  std::vector<std::string> accounts;  // who may use it; whoever is not named does not see it
  bool readOnly = false;
  bool temporary = false;  // the one that openfc keeps for an account's uploads of code
};

/// The buckets of all accounts, and where code of `ossBucketName` and `ossObjectName` comes from.
/// Each account also has a temporary bucket for its uploads, a directory that openfc makes.
/// Thread-safe; blocking work runs on Workers. An endpoint on a private address needs an exception
/// in the policy of `outbound`.
class Buckets {
public:
  /// Temporary buckets lie in `temporaryRoot`, one directory an account.
  Buckets(std::map<std::string, Bucket> buckets, std::filesystem::path temporaryRoot,
          const http::Outbound& outbound, const Clock& clock, Loop& loop, Workers& workers);

  static constexpr std::string_view temporaryPrefix = "openfc-code-";
  static std::string temporaryName(std::string_view account);

  /// Nothing: the account has no such bucket.
  std::optional<Bucket> find(const std::string& name, const std::string& account) const;
  /// Names of the account's buckets, ascending; its temporary one too.
  std::vector<std::string> names(const std::string& account) const;

  /// The object's bytes. Throws Error: not a bucket of the account, missing object, refused access
  /// or name (invalidArgument), more than `limit` bytes (entityTooLarge); std::runtime_error when
  /// the service or the disk fails.
  Task<std::string> fetch(std::string account, std::string bucket, std::string object,
                          std::uint64_t limit) const;

  /// Removes what lies in temporary buckets for longer than `grace`, and unfinished uploads as old
  /// in all buckets that openfc may write to. Returns how many objects were removed.
  Task<std::size_t> collect(Duration grace) const;

private:
  std::size_t sweep(Time before) const;
  /// What a message needs to name.
  struct Wanted {
    std::string bucket;
    std::string object;
    std::uint64_t limit = 0;
  };
  std::string read(const DirectoryBucket& bucket, const Wanted& wanted) const;
  std::string download(const RemoteBucket& bucket, const Wanted& wanted) const;

  std::map<std::string, Bucket> buckets_;
  std::filesystem::path temporaryRoot_;
  const http::Outbound& outbound_;
  const Clock& clock_;
  Loop& loop_;
  Workers& workers_;
};

}  // namespace openfc::package
