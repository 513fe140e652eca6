#pragma once

#include "http/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::server {

/// By which names a listener may be asked. A web page can have a name of its own lead to this
/// machine (DNS rebinding); its browser then takes this server for a part of the page, but it still
/// says the page's name. Hosts without a name of theirs pass: loopback addresses, `localhost`,
/// `*.localhost`, the cloud's own (`*.aliyuncs.com`), which clients send whatever they connect to.
class HostRule {
public:
  enum class Addresses { loopback, all };  // which literal addresses pass in Host

  /// `names` pass too, each with the names below it; an address as it is.
  explicit HostRule(std::vector<std::string> names, Addresses addresses = Addresses::loopback);

  /// Why the request is refused; nothing = it may pass. One without Host comes from no browser.
  std::optional<std::string> refusal(const http::Headers& headers) const;

private:
  bool passes(std::string_view host) const;

  std::vector<std::string> names_;  // lower case
  Addresses addresses_;
};

/// "name", "name:80", "[::1]:80" without the port and brackets, in lower case.
std::string hostOf(std::string_view authority);
/// The authority of "https://name:80/path"; "" = it is no URL.
std::string_view authorityOf(std::string_view url);

}  // namespace openfc::server
