#pragma once

#include <string>
#include <vector>

namespace openfc::sandbox {

/// What openfc-init reads from descriptor 3 (docs/launcher-protocol.md). Throws std::runtime_error
/// when it is larger than init takes or a text holds a zero byte.
std::string startMessage(const std::vector<std::string>& argv,
                         const std::vector<std::string>& environment, const std::string& cwd);

/// Tells openfc-init that a zygote's copy is the program.
std::string copyMessage();

/// Writes all of it to a non-blocking socket, waiting at most a few seconds for the reader.
void writeAll(int socket, const std::string& bytes);

}  // namespace openfc::sandbox
