#include "sandbox/launcher/resolver_upstreams.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace openfc::sandbox::launcher {
namespace {

constexpr const char* systemFile = "/etc/resolv.conf";
constexpr std::chrono::seconds checkInterval{2};
constexpr std::uint16_t dnsPort = 53;

std::optional<Endpoint> find(const std::string& host, std::uint16_t port) {
  Endpoint endpoint;
  sockaddr_in four{.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    std::memcpy(&endpoint.storage, &four, sizeof four);
    endpoint.size = sizeof four;
    return endpoint;
  }
  sockaddr_in6 six{.sin6_family = AF_INET6, .sin6_port = htons(port)};
  if (inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
    std::memcpy(&endpoint.storage, &six, sizeof six);
    endpoint.size = sizeof six;
    return endpoint;
  }
  return std::nullopt;
}

std::string read(const char* path) {
  std::string text(16384, '\0');
  const Fd file(open(path, O_RDONLY | O_CLOEXEC));
  const ssize_t size = file ? ::read(file.get(), text.data(), text.size()) : 0;
  text.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return text;
}

}  // namespace

const sockaddr* Endpoint::address() const { return reinterpret_cast<const sockaddr*>(&storage); }

Endpoint toEndpoint(const std::string& text) {
  if (const auto whole = find(text, dnsPort)) return *whole;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos) {
    std::string host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto number = std::from_chars(text.data() + colon + 1, end, port);
    if (number.ec == std::errc() && number.ptr == end && port != 0) {
      if (const auto endpoint = find(host, port)) return *endpoint;
    }
  }
  throw std::invalid_argument(fmt::format("\"{}\" is not an address of a resolver", text));
}

std::vector<Endpoint> nameservers(const std::string& resolvConf) {
  constexpr std::string_view blank = " \t";
  std::vector<Endpoint> found;
  std::string_view rest = resolvConf;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    constexpr std::string_view keyword = "nameserver";
    if (!line.starts_with(keyword)) continue;
    line.remove_prefix(keyword.size());
    const std::size_t start = line.find_first_not_of(blank);
    if (start == 0 || start == std::string_view::npos) continue;
    line = line.substr(start);
    if (const auto endpoint =
            find(std::string(line.substr(0, line.find_first_of(" \t\r"))), dnsPort)) {
      found.push_back(*endpoint);
    }
  }
  return found;
}

Upstreams::Upstreams(const std::vector<std::string>& configured)
    : followsFile_(configured.empty()) {
  for (const std::string& text : configured) endpoints_.push_back(toEndpoint(text));
}

const std::vector<Endpoint>& Upstreams::now() {
  const auto time = std::chrono::steady_clock::now();
  if (!followsFile_ || time - checked_ < checkInterval) return endpoints_;
  checked_ = time;
  struct stat status{};
  if (stat(systemFile, &status) != 0) return endpoints_;
  const bool same =
      status.st_mtim.tv_sec == changed_.tv_sec && status.st_mtim.tv_nsec == changed_.tv_nsec;
  if (!same) endpoints_ = nameservers(read(systemFile));
  changed_ = status.st_mtim;
  return endpoints_;
}

}  // namespace openfc::sandbox::launcher
