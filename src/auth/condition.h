#pragma once

#include "base/clock.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace openfc::auth {

/// What conditions ask about.
struct Circumstances {
  std::string_view sourceIp;  // without port; "" = unknown: it lies in no network
  Time now;
};

/// An IPv4 or IPv6 network; IPv4 is kept as ::ffff:a.b.c.d, so that both spellings are the same.
struct Network {
  std::array<std::uint8_t, 16> address{};
  int bits = 128;

  /// "10.0.0.0/8", "2001:db8::/32", or one address. Nothing: neither, or bits behind the mask.
  static std::optional<Network> parse(std::string_view text);
  bool contains(const std::array<std::uint8_t, 16>& other) const;
};

/// The bytes of an address as Network keeps them; nothing = none.
std::optional<std::array<std::uint8_t, 16>> addressOf(std::string_view text);

/// One operator of a Condition with one key and its values.
struct Condition {
  enum class Kind {
    ipAddress,
    notIpAddress,
    dateEquals,
    dateNotEquals,
    dateLessThan,
    dateLessThanEquals,
    dateGreaterThan,
    dateGreaterThanEquals,
  };
  Kind kind = Kind::ipAddress;
  std::vector<Network> networks;  // ipAddress, notIpAddress
  std::vector<Time> times;        // date…

  /// Positive operators hold when one value fits, negative ones when none does.
  bool holds(const Circumstances& circumstances) const;
};

/// The operator of this name; nothing = unknown.
std::optional<Condition::Kind> conditionKind(std::string_view name);
/// Whether the operator compares addresses (acs:SourceIp), else times (acs:CurrentTime).
bool comparesAddresses(Condition::Kind kind);
/// "IpAddress, NotIpAddress, …", for messages.
std::string_view conditionNames();

}  // namespace openfc::auth
