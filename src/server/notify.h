#pragma once

#include <string>

namespace openfc::server {

/// Tells systemd (NOTIFY_SOCKET) how the service is: "READY=1", "STOPPING=1", "STATUS=…". Without
/// systemd it does nothing.
void notify(const std::string& state);

}  // namespace openfc::server
