#pragma once

#include "http/server.h"
#include "observe/metrics.h"

#include <functional>
#include <string>
#include <vector>

namespace openfc::server {

/// What stands in the way of serving; empty = ready.
using Readiness = std::function<Task<std::vector<std::string>>()>;

/// The admin port: /healthz and /livez (the process answers), /readyz (it can serve), /metrics. No
/// authentication: the port is on loopback unless the operator says otherwise.
class Admin {
public:
  Admin(const observe::Metrics& metrics, Readiness readiness)
      : metrics_(metrics), readiness_(std::move(readiness)) {}

  Task<http::Response> handle(http::Exchange& exchange);

private:
  const observe::Metrics& metrics_;
  Readiness readiness_;
};

}  // namespace openfc::server
