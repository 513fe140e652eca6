#include "cli/page_query.h"

#include "base/encoding.h"

#include <string_view>

namespace openfc::cli {
namespace {

constexpr std::string_view parameters[] = {"prefix", "startKey", "nextToken", "limit"};

}  // namespace

void addPageOptions(std::vector<Option>& options) {
  for (const std::string_view name : parameters) {
    options.push_back({"--" + std::string(name), "Query parameter of the API"});
  }
}

std::string pageQueryOf(const Arguments& arguments) {
  std::string query;
  for (const std::string_view parameter : parameters) {
    const std::string name(parameter);
    if (!arguments.has(name)) continue;
    query += (query.empty() ? "?" : "&") + name + "=" + percentEncode(arguments.text(name));
  }
  return query;
}

}  // namespace openfc::cli
