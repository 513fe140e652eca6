#pragma once

// A request as the fuzz targets' inputs write it: method, target and headers, one line each.

#include "base/encoding.h"
#include "http/message.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace openfc::fuzz {

inline std::string_view nextLine(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

inline http::Request requestOf(std::string_view text) {
  http::Request request;
  request.method = nextLine(text);
  request.target = nextLine(text);
  while (!text.empty()) {
    const std::string_view line = nextLine(text);
    const auto colon = std::min(line.find(':'), line.size());
    request.headers.add(std::string(line.substr(0, colon)),
                        std::string(trimmed(line.substr(std::min(colon + 1, line.size())))));
  }
  return request;
}

}  // namespace openfc::fuzz
