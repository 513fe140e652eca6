#pragma once

#include "base/fd.h"

#include <cstdint>

namespace openfc::sandbox::launcher {

/// A listening, non-blocking socket for the node's own services, on a free port of an address of
/// this host (host byte order). Throws SystemError.
Fd listenOnFreePort(std::uint32_t address);
std::uint16_t portOf(const Fd& socket);

}  // namespace openfc::sandbox::launcher
