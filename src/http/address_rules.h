#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace openfc::http {

/// An IP address as 16 bytes; IPv4 as ::ffff:a.b.c.d.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  bool operator==(const IpAddress&) const = default;
  bool isV4() const;
};

/// Nothing = not a numeric address. A zone ("fe80::1%eth0") is not accepted.
std::optional<IpAddress> toIpAddress(const std::string& text);

/// Whether the address lies in "10.0.0.0/8" or "fd00::/8"; false when the range cannot be read.
bool inRange(const IpAddress& address, const std::string& range);

/// Whether everybody on the Internet would reach the same machine by it: not private, loopback,
/// link-local, multicast, reserved, of documentation or of a cloud's metadata service, in any of
/// the disguises IPv6 has for IPv4.
bool isPublic(const IpAddress& address);

}  // namespace openfc::http
