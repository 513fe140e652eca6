#pragma once

#include <cstddef>
#include <string>

namespace openfc {

/// Random bytes of the system's generator. Thread-safe.
std::string randomBytes(std::size_t count);

/// A random UUID (version 4), 36 characters: request, service and function ids.
std::string uuid();

}  // namespace openfc
