#include "auth/condition.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace openfc::auth {
namespace {

using Kind = Condition::Kind;
using Address = std::array<std::uint8_t, 16>;

constexpr int mappedBits = 96;  // of the prefix ::ffff:0:0/96

struct Row {
  std::string_view name;
  Kind kind;
};

constexpr Row rows[] = {
    {"IpAddress", Kind::ipAddress},
    {"NotIpAddress", Kind::notIpAddress},
    {"DateEquals", Kind::dateEquals},
    {"DateNotEquals", Kind::dateNotEquals},
    {"DateLessThan", Kind::dateLessThan},
    {"DateLessThanEquals", Kind::dateLessThanEquals},
    {"DateGreaterThan", Kind::dateGreaterThan},
    {"DateGreaterThanEquals", Kind::dateGreaterThanEquals},
};

bool isMapped(const Address& address) {
  return std::all_of(address.begin(), address.begin() + 10, [](auto byte) { return byte == 0; }) &&
         address[10] == 0xff && address[11] == 0xff;
}

bool compares(Kind kind, Time now, Time value) {
  switch (kind) {
    case Kind::dateEquals:
      return now == value;
    case Kind::dateNotEquals:
      return now != value;
    case Kind::dateLessThan:
      return now < value;
    case Kind::dateLessThanEquals:
      return now <= value;
    case Kind::dateGreaterThan:
      return now > value;
    case Kind::dateGreaterThanEquals:
      return now >= value;
    case Kind::ipAddress:
    case Kind::notIpAddress:
      break;
  }
  return false;
}

}  // namespace

std::optional<Address> addressOf(std::string_view text) {
  const std::string name(text.substr(0, text.find('%')));  // without the zone of fe80::1%eth0
  Address out{};
  if (inet_pton(AF_INET6, name.c_str(), out.data()) == 1) return out;
  out[10] = out[11] = 0xff;
  if (inet_pton(AF_INET, name.c_str(), out.data() + mappedBits / 8) == 1) return out;
  return std::nullopt;
}

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view name = text.substr(0, slash);
  if (name.find('%') != std::string_view::npos) return std::nullopt;
  const auto address = addressOf(name);
  if (!address) return std::nullopt;
  Network network{.address = *address};
  if (slash != std::string_view::npos) {
    const bool v4 = name.find(':') == std::string_view::npos;
    const std::string_view digits = text.substr(slash + 1);
    int bits = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    const bool whole = read.ec == std::errc() && read.ptr == digits.data() + digits.size();
    if (!whole || bits < 0 || bits > (v4 ? 32 : 128)) return std::nullopt;
    network.bits = v4 ? bits + mappedBits : bits;
  }
  return network;
}

bool Network::contains(const Address& other) const {
  // ::/0 and its like mean IPv6, and no address that is IPv4.
  if (bits < mappedBits && isMapped(other) && !isMapped(address)) return false;
  for (int i = 0; i < bits; i += 8) {
    const auto byte = static_cast<std::size_t>(i / 8);
    const int used = std::min(8, bits - i);
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - used));
    if ((address[byte] & mask) != (other[byte] & mask)) return false;
  }
  return true;
}

bool Condition::holds(const Circumstances& circumstances) const {
  if (comparesAddresses(kind)) {
    const auto address = addressOf(circumstances.sourceIp);
    const bool inside = address && std::ranges::any_of(networks, [&](const Network& network) {
                          return network.contains(*address);
                        });
    return inside == (kind == Kind::ipAddress);
  }
  const Time now = std::chrono::floor<std::chrono::seconds>(circumstances.now);
  const auto fits = [&](Time time) { return compares(kind, now, time); };
  return kind == Kind::dateNotEquals ? std::ranges::all_of(times, fits)
                                     : std::ranges::any_of(times, fits);
}

std::optional<Condition::Kind> conditionKind(std::string_view name) {
  const auto* found = std::ranges::find(rows, name, &Row::name);
  return found == std::end(rows) ? std::nullopt : std::optional(found->kind);
}

bool comparesAddresses(Condition::Kind kind) {
  return kind == Kind::ipAddress || kind == Kind::notIpAddress;
}

std::string_view conditionNames() {
  static const std::string names = [] {
    std::string out;
    for (const Row& row : rows) out += (out.empty() ? "" : ", ") + std::string(row.name);
    return out;
  }();
  return names;
}

}  // namespace openfc::auth
