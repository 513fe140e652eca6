#include "api/query.h"

#include "base/encoding.h"
#include "base/error.h"

namespace openfc::api {
namespace {

std::string decoded(std::string_view text) {
  auto out = percentDecode(text, Plus::blank);
  if (!out) throw invalidArgument("the query holds an invalid escape");
  return std::move(*out);
}

}  // namespace

Query::Query(std::string_view rawQuery) {
  while (!rawQuery.empty()) {
    const std::string_view pair = rawQuery.substr(0, rawQuery.find('&'));
    rawQuery.remove_prefix(std::min(pair.size() + 1, rawQuery.size()));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const std::string_view value =
        equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
    all_.emplace_back(decoded(pair.substr(0, equals)), decoded(value));
  }
}

std::optional<std::string> Query::find(std::string_view name) const {
  for (const auto& [key, value] : all_) {
    if (sameIgnoringCase(key, name)) return value;
  }
  return {};
}

}  // namespace openfc::api
