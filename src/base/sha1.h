#pragma once

#include <string>
#include <string_view>

namespace openfc {

/// The digest as raw bytes. Only for the handshake of WebSocket, which is made of it.
std::string sha1(std::string_view bytes);

}  // namespace openfc
