#include "http/address_rules.h"

#include "base/encoding.h"
#include "http/outbound.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace openfc::http {
namespace {

constexpr std::array<std::uint8_t, 12> v4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct Range {
  const char* text;
  const char* purpose;  // for the reader
};

// IANA's special-purpose registries; the few globally reachable entries (anycast of AS112, AMT) are
// left out.
constexpr Range refused[] = {
    {"0.0.0.0/8", "this network"},
    {"10.0.0.0/8", "private"},
    {"100.64.0.0/10", "carrier NAT; 100.100.100.200 is a metadata service"},
    {"127.0.0.0/8", "loopback"},
    {"169.254.0.0/16", "link-local; 169.254.169.254 is a metadata service"},
    {"172.16.0.0/12", "private"},
    {"192.0.0.0/24", "protocol assignments"},
    {"192.0.2.0/24", "documentation"},
    {"192.88.99.0/24", "6to4 relays, withdrawn"},
    {"192.168.0.0/16", "private"},
    {"198.18.0.0/15", "benchmarks"},
    {"198.51.100.0/24", "documentation"},
    {"203.0.113.0/24", "documentation"},
    {"224.0.0.0/4", "multicast"},
    {"240.0.0.0/4", "reserved, broadcast"},
    {"2001::/23", "protocol assignments, Teredo, ORCHID"},
    {"2001:db8::/32", "documentation"},
    {"2002::/16", "6to4: holds an IPv4 address"},
    {"3fff::/20", "documentation"},
};
// Of IPv6 only this part is given out to machines on the Internet.
constexpr const char* globalV6 = "2000::/3";
// The translator's prefix leads to the IPv4 address in the last four bytes.
constexpr const char* nat64 = "64:ff9b::/96";

IpAddress fromV4(const std::uint8_t* bytes) {
  IpAddress address;
  std::ranges::copy(v4Prefix, address.bytes.begin());
  std::copy_n(bytes, 4, address.bytes.begin() + 12);
  return address;
}

bool samePrefix(const IpAddress& a, const IpAddress& b, int bits) {
  for (int i = 0; i < bits; ++i) {
    const auto byte = static_cast<std::size_t>(i / 8);
    const int mask = 0x80 >> (i % 8);
    if (((a.bytes[byte] ^ b.bytes[byte]) & mask) != 0) return false;
  }
  return true;
}

std::optional<int> toNumber(std::string_view text) {
  int number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

/// An entry "host", "host:port", "address", "address:port" or "[v6]:port".
struct Entry {
  std::string host;
  std::optional<int> port;
};

Entry toEntry(const std::string& text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string::npos) return {};
    Entry entry{text.substr(1, end - 1), {}};
    if (text.size() > end + 2 && text[end + 1] == ':') entry.port = toNumber(text.substr(end + 2));
    return entry;
  }
  const std::size_t colon = text.find(':');
  const bool v6 = colon != std::string::npos && text.find(':', colon + 1) != std::string::npos;
  if (colon == std::string::npos || v6) return {text, {}};
  // A port that is no number matches none rather than all.
  return {text.substr(0, colon), toNumber(text.substr(colon + 1)).value_or(-1)};
}

bool matches(const std::string& allowed, const std::string& host, const IpAddress& address,
             int port) {
  if (allowed.find('/') != std::string::npos) return inRange(address, allowed);
  const Entry entry = toEntry(allowed);
  if (entry.host.empty() || (entry.port && *entry.port != port)) return false;
  if (const auto numeric = toIpAddress(entry.host)) return *numeric == address;
  return sameIgnoringCase(entry.host, host);
}

}  // namespace

bool IpAddress::isV4() const { return std::equal(v4Prefix.begin(), v4Prefix.end(), bytes.begin()); }

std::optional<IpAddress> toIpAddress(const std::string& text) {
  std::array<std::uint8_t, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return fromV4(bytes.data());
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return IpAddress{bytes};
  return std::nullopt;
}

bool inRange(const IpAddress& address, const std::string& range) {
  const std::size_t slash = range.find('/');
  if (slash == std::string::npos) return false;
  const auto base = toIpAddress(range.substr(0, slash));
  const auto bits = toNumber(std::string_view(range).substr(slash + 1));
  const bool v4 = range.find(':') == std::string::npos;
  if (!base || !bits || *bits < 0 || *bits > (v4 ? 32 : 128)) return false;
  return samePrefix(address, *base, v4 ? 96 + *bits : *bits);
}

bool isPublic(const IpAddress& address) {
  if (inRange(address, nat64)) return isPublic(fromV4(&address.bytes[12]));
  if (!address.isV4() && !inRange(address, globalV6)) return false;
  return std::ranges::none_of(
      refused, [&address](const Range& range) { return inRange(address, range.text); });
}

bool allows(const OutboundPolicy& policy, const std::string& host, const std::string& address,
            int port) {
  const auto numeric = toIpAddress(address);
  if (!numeric) return false;
  return isPublic(*numeric) || std::ranges::any_of(policy.allowed, [&](const std::string& entry) {
           return matches(entry, host, *numeric, port);
         });
}

}  // namespace openfc::http
