#include "server/cloud_names.h"

#include "base/encoding.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::server {

std::vector<std::string> cloudNamesOf(std::string_view region) {
  std::vector<std::string> names = {"host.openfc.internal"};
  for (const std::string_view network : {"", "-internal"}) {
    const std::string place = toLower(region) + std::string(network);
    names.push_back(fmt::format("*.{}.fc.aliyuncs.com", place));
    names.push_back(fmt::format("oss-{}.aliyuncs.com", place));
    names.push_back(fmt::format("*.oss-{}.aliyuncs.com", place));
  }
  return names;
}

bool isPartOfNames(std::string_view region) {
  constexpr std::size_t longest = 40;  // "oss-" and "-internal" belong to the same label
  return !region.empty() && region.size() <= longest &&
         std::ranges::all_of(toLower(region), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

}  // namespace openfc::server
