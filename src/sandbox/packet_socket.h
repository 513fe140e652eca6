#pragma once

#include "base/fd.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Packets with descriptors over a SOCK_SEQPACKET socket.
namespace openfc::sandbox::launcher {

enum class Wait { yes, no };

/// False: the socket is full (only with Wait::no). Throws SystemError, EPIPE when the peer is gone.
bool sendPacket(int socket, std::string_view bytes, std::span<const int> descriptors, Wait wait);

struct Packet {
  std::string bytes;            // empty: the peer closed
  std::vector<Fd> descriptors;  // close-on-exec
};

/// Nothing: no packet is there (only with Wait::no). Throws SystemError; a packet that is too long
/// is EMSGSIZE.
std::optional<Packet> receivePacket(int socket, Wait wait);

}  // namespace openfc::sandbox::launcher
