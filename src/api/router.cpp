#include "api/router.h"

#include "api/operations.h"
#include "base/encoding.h"
#include "base/error.h"

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

namespace openfc::api {
namespace {

using Segments = boost::container::small_vector<std::string_view, 12>;

/// What stands between the slashes; one slash at the end is ignored.
Segments segmentsOf(std::string_view path) {
  Segments out;
  if (!path.starts_with('/')) return out;
  path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  for (;;) {
    const auto slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

struct Template {
  const Operation* operation;
  Segments segments;
};

/// The templates of the operations outside or inside the API's prefix with one method and one
/// number of segments, in the order of the table.
using Templates = std::map<std::tuple<bool, std::string_view, std::size_t>, std::vector<Template>>;

const Templates& templates() {
  static const Templates all = [] {
    Templates made;
    for (const Operation& operation : operations()) {
      Segments segments = segmentsOf(operation.path);
      made[{operation.outside, operation.method, segments.size()}].push_back(
          {&operation, std::move(segments)});
    }
    return made;
  }();
  return all;
}

void take(PathParameters& parameters, std::string_view name, std::string value) {
  if (name == "serviceName") {
    const auto dot = value.find('.');
    if (dot != std::string::npos) {
      parameters.emplace("qualifier", value.substr(dot + 1));
      value.resize(dot);
    }
  }
  parameters.emplace(name, std::move(value));
}

bool isParameter(std::string_view segment) { return segment.starts_with('{'); }

/// Whether a raw segment of a path fits one of a template; an escaped slash makes no segment.
bool fits(std::string_view segment, std::string_view given) {
  if (isParameter(segment)) return !given.empty();
  return segment == given || (given.contains('%') && percentDecode(given, Plus::keep) == segment);
}

PathParameters parametersOf(const Segments& pattern, const Segments& given) {
  PathParameters parameters;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (!isParameter(pattern[i])) continue;
    auto value = percentDecode(given[i], Plus::keep);
    if (value) take(parameters, pattern[i].substr(1, pattern[i].size() - 2), std::move(*value));
  }
  return parameters;
}

}  // namespace

std::optional<Route> routeOf(std::string_view method, std::string_view rawPath) {
  if (!percentDecode(rawPath, Plus::keep)) {
    throw invalidArgument("the path holds an invalid escape");
  }
  const bool inside =
      rawPath.starts_with(apiPrefix) && rawPath.substr(apiPrefix.size()).starts_with('/');
  const Segments given = segmentsOf(inside ? rawPath.substr(apiPrefix.size()) : rawPath);
  const auto candidates = templates().find({!inside, method, given.size()});
  if (candidates == templates().end()) return std::nullopt;
  for (const auto& [operation, segments] : candidates->second) {
    if (std::ranges::equal(segments, given, fits))
      return Route{*operation, parametersOf(segments, given)};
  }
  return std::nullopt;
}

}  // namespace openfc::api
