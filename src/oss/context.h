#pragma once

#include "auth/authenticator.h"
#include "base/byte_budget.h"
#include "base/clock.h"
#include "base/workers.h"
#include "http/server.h"
#include "observe/audit.h"
#include "oss/request.h"
#include "package/buckets.h"

#include <cstdint>
#include <optional>
#include <string>

namespace openfc::oss {

/// What the front works with. All of it outlives every request; belongs to the loop.
struct Parts {
  const auth::Authenticator& authenticator;
  const package::Buckets& buckets;
  const Clock& clock;
  Loop& loop;
  Workers& workers;
  ByteBudget& bytes;  // of requests and answers on their way
  std::string region;
  std::uint64_t maxObject = 0;      // bytes of an object
  std::uint64_t maxCode = 0;        // bytes of one in a temporary bucket
  observe::Audit* audit = nullptr;  // null: no audit log
};

/// An object that a request changed, for the audit log.
struct Changed {
  std::string before;  // ETag; "" = it was not there
  std::string after;   // ETag; "" = it is gone
};

/// One request on its way.
struct Asked {
  http::Exchange& exchange;
  std::string requestId;
  std::string action;  // "" = not known yet
  std::string accessKeyId;
  bool known = false;  // whether the signature proved whose the key is
  auth::Identity identity;
  Target target;
  Subresources subresources;
  package::Bucket bucket;
  std::string errorCode;           // of the answer; "" = none
  std::optional<Changed> changed;  // nothing: no object was
};

/// What a step gets, by value: references to what outlives it.
struct Context {
  const Parts& parts;
  Asked& asked;

  const http::Request& request() const { return asked.exchange.request(); }
};

/// An answer in XML.
http::Response xmlResponse(int status, std::string document);
/// The directory that the bucket's objects are in. Throws Error: they are elsewhere.
const std::filesystem::path& directoryOf(const Asked& asked);

Task<http::Response> listBuckets(Context context);
Task<http::Response> listObjects(Context context);
Task<http::Response> getBucketLocation(Context context);
Task<http::Response> getBucketInfo(Context context);
Task<http::Response> getBucketAcl(Context context);
Task<http::Response> getObject(Context context);
Task<http::Response> putObject(Context context);
Task<http::Response> deleteObject(Context context);

}  // namespace openfc::oss
