#pragma once

#include "observe/metrics.h"
#include "oss/context.h"

namespace openfc::oss {

/// The front of object storage: what the clients of OSS need to put, get, list and delete objects
/// of the mapped buckets, signed with version 1 by keys of this server. Belongs to the loop;
/// outlives the requests.
class Front {
public:
  Front(Parts parts, observe::Metrics& metrics) : parts_(std::move(parts)), metrics_(metrics) {}

  /// Whether a request is for this front: it is signed as the clients of OSS sign, and not within
  /// the API's own path.
  static bool takes(const http::Request& request);

  /// The answer to a request that it takes. Throws net::IoError when the client goes away.
  Task<http::Response> handle(http::Exchange& exchange);

private:
  void note(const Asked& asked, int status, Duration duration);

  Parts parts_;
  observe::Metrics& metrics_;
};

}  // namespace openfc::oss
