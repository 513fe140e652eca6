#include "server/host_rule.h"

#include "base/encoding.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstddef>

namespace openfc::server {
namespace {

constexpr std::string_view alwaysGood[] = {"localhost", "aliyuncs.com"};

/// Whether `name` is `domain` or below it.
bool within(std::string_view name, std::string_view domain) {
  if (!name.ends_with(domain)) return false;
  name.remove_suffix(domain.size());
  return name.empty() || name.ends_with('.');
}

enum class Address { none, loopback, other };

Address addressOf(const std::string& host) {
  constexpr unsigned char loopbackNet = 127;
  std::array<unsigned char, 4> four{};
  if (::inet_pton(AF_INET, host.c_str(), four.data()) == 1)
    return four[0] == loopbackNet ? Address::loopback : Address::other;
  in6_addr six{};
  if (::inet_pton(AF_INET6, host.c_str(), &six) != 1) return Address::none;
  const bool mapped = IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == loopbackNet;
  return IN6_IS_ADDR_LOOPBACK(&six) || mapped ? Address::loopback : Address::other;
}

std::string reasonOf(std::string_view header, std::string_view value) {
  constexpr std::size_t most = 256;
  return fmt::format(
      "{} '{}' is no name of this server. It must be a loopback address, localhost, *.localhost, "
      "*.aliyuncs.com, the host of publicUrl or one of hostNames, so that no web page can have a "
      "name of its own lead here",
      header, value.substr(0, most));
}

}  // namespace

std::string hostOf(std::string_view authority) {
  authority = trimmed(authority);
  if (authority.starts_with('[')) {
    authority.remove_prefix(1);
    return toLower(authority.substr(0, authority.find(']')));
  }
  authority = authority.substr(0, authority.rfind(':'));
  if (authority.ends_with('.')) authority.remove_suffix(1);
  return toLower(authority);
}

std::string_view authorityOf(std::string_view url) {
  constexpr std::string_view mark = "://";
  const auto at = url.find(mark);
  if (at == std::string_view::npos) return {};
  url.remove_prefix(at + mark.size());
  return url.substr(0, url.find_first_of("/?#"));
}

HostRule::HostRule(std::vector<std::string> names, Addresses addresses)
    : names_(std::move(names)), addresses_(addresses) {
  for (std::string& name : names_) name = toLower(name);
}

bool HostRule::passes(std::string_view host) const {
  const auto holds = [host](std::string_view name) { return within(host, name); };
  return std::ranges::any_of(alwaysGood, holds) || std::ranges::any_of(names_, holds) ||
         addressOf(std::string(host)) == Address::loopback;
}

std::optional<std::string> HostRule::refusal(const http::Headers& headers) const {
  const std::string_view value = trimmed(headers.find("host").value_or(""));
  const std::string host = hostOf(value);
  if (!value.empty()) {
    const bool literal = addresses_ == Addresses::all && addressOf(host) != Address::none;
    if (!literal && !passes(host)) return reasonOf("Host", value);
  }
  const auto origin = headers.find("origin");
  if (!origin) return std::nullopt;
  const std::string from = hostOf(authorityOf(trimmed(*origin)));
  if (from.empty() || (from != host && !passes(from))) return reasonOf("Origin", *origin);
  return std::nullopt;
}

}  // namespace openfc::server
