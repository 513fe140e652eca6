#pragma once

#include "api/context.h"
#include "observe/metrics.h"

#include <map>
#include <utility>

namespace openfc::api {

/// The way of every request: measure → answer errors → route → authenticate → authorize → dispatch.
/// Belongs to the loop; outlives the requests.
class Pipeline {
public:
  Pipeline(Parts parts, observe::Metrics& metrics);

  /// The http::Handler of the API.
  Task<http::Response> handle(http::Exchange& exchange);

private:
  struct Meters {
    observe::Counter* requests;
    observe::Histogram* seconds;
  };
  void measure(const Call& call, int status, Duration duration);

  Parts parts_;
  observe::Metrics& metrics_;
  std::map<std::pair<const Operation*, int>, Meters> meters_;
};

/// Routes and runs one request whose caller is known already (tests begin here). Throws what the
/// operation throws.
Task<http::Response> dispatch(Context context);

}  // namespace openfc::api
