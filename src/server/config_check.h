#pragma once

#include "server/config.h"

namespace openfc::server {

/// Refuses what a server with this configuration would stumble over on this machine: addresses,
/// files, directories, networks, runtimes, names that stand twice. Changes nothing. What depends on
/// who starts it and on what else runs (root, ports in use) is not looked at. Throws ConfigError
/// that names the setting.
void checkConfig(const Config& config);

/// As root: refuses a data directory that the server's user could not reach. Throws ConfigError
/// that names both.
void checkReachable(const Config& config);

}  // namespace openfc::server
