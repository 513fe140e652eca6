#include "sandbox/packet_socket.h"

#include "base/check.h"
#include "sandbox/launcher_protocol.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace openfc::sandbox::launcher {
namespace {

constexpr std::size_t maximumDescriptors = 16;

std::vector<Fd> descriptorsOf(msghdr& message) {
  std::vector<Fd> descriptors;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
      descriptors.emplace_back(fd);
    }
  }
  return descriptors;
}

}  // namespace

bool sendPacket(int socket, std::string_view bytes, std::span<const int> descriptors, Wait wait) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * maximumDescriptors)> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = space.data();
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }
  const int flags = MSG_NOSIGNAL | (wait == Wait::no ? MSG_DONTWAIT : 0);
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &message, flags);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && wait == Wait::no && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
  check(sent, "send a packet between server and launcher");
  return true;
}

std::optional<Packet> receivePacket(int socket, Wait wait) {
  Packet packet;
  packet.bytes.resize(maximumMessage);
  iovec part{packet.bytes.data(), packet.bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * maximumDescriptors)> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  const int flags = MSG_CMSG_CLOEXEC | (wait == Wait::no ? MSG_DONTWAIT : 0);
  ssize_t size = -1;
  do {
    size = ::recvmsg(socket, &message, flags);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && wait == Wait::no && (errno == EAGAIN || errno == EWOULDBLOCK))
    return std::nullopt;
  // The peer died with packets of ours unread.
  if (size < 0 && errno == ECONNRESET) size = 0;
  check(size, "receive a packet between server and launcher");
  packet.descriptors = descriptorsOf(message);
  if ((message.msg_flags & MSG_TRUNC) != 0)
    throw SystemError(EMSGSIZE, "receive a packet between server and launcher");
  packet.bytes.resize(static_cast<std::size_t>(size));
  return packet;
}

}  // namespace openfc::sandbox::launcher
