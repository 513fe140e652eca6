#pragma once

namespace openfc::sandbox {

/// The memory score of init and of what runs in a sandbox: the system's first victim when it is out
/// of memory shall be a function, not the server.
constexpr char functionScore[] = "500";

}  // namespace openfc::sandbox
