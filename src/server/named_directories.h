#pragma once

#include "server/config.h"

namespace openfc::server {

/// Puts the places that they really are at instead of the directories of shares and buckets and of
/// the data directory, which from then on are opened by no link. A link that lies in one of them is
/// never followed: whoever may write there could change it. Throws ConfigError naming what cannot
/// be resolved, or lies in another one although `allowNestedDirectories` is not set.
void resolveDirectories(Config& config);

}  // namespace openfc::server
