#include "api/router.h"

#include "api/operations.h"
#include "base/encoding.h"
#include "base/error.h"

#include <vector>

namespace openfc::api {
namespace {

using Segments = std::vector<std::string_view>;

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

/// Matches raw segments against a template's, decoding those that are parameters; an escaped slash
/// makes no segment.
bool matches(const Segments& pattern, const Segments& given, PathParameters& parameters) {
  if (pattern.size() != given.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    std::optional<std::string> text = percentDecode(given[i], Plus::keep);
    if (!text) return false;
    std::string_view name = pattern[i];
    if (!name.starts_with('{')) {
      if (*text != name) return false;
      continue;
    }
    if (text->empty()) return false;
    name.remove_prefix(1);
    name.remove_suffix(1);
    take(parameters, name, std::move(*text));
  }
  return true;
}

}  // namespace

Route routeOf(std::string_view method, std::string_view rawPath) {
  if (!percentDecode(rawPath, Plus::keep)) {
    throw invalidArgument("the path holds an invalid escape");
  }
  const bool inside =
      rawPath.starts_with(apiPrefix) && rawPath.substr(apiPrefix.size()).starts_with('/');
  const Segments given = segmentsOf(inside ? rawPath.substr(apiPrefix.size()) : rawPath);
  for (const Operation& operation : operations()) {
    if (operation.outside == inside || operation.method != method) continue;
    PathParameters parameters;
    if (matches(segmentsOf(operation.path), given, parameters))
      return {operation, std::move(parameters)};
  }
  throw errorOf(Code::pathNotSupported, {method, rawPath});
}

}  // namespace openfc::api
