#pragma once

#include <string>
#include <vector>

namespace openfc::server {

/// `openfc serve`: runs until SIGTERM or SIGINT. Returns the exit status: 0 after a drain, 1 when
/// the server could not start (the reason is on standard error), 2 for a bad configuration.
int serve(const std::vector<std::string>& arguments);

}  // namespace openfc::server
