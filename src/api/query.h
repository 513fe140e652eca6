#pragma once

#include "http/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace openfc::api {

/// The parameters of a query in order, decoded. Names compare without case.
class Query {
public:
  /// Throws Error{invalidArgument} for an invalid escape.
  explicit Query(std::string_view rawQuery);

  /// The first value of this name; nothing = absent.
  std::optional<std::string> find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

private:
  std::vector<std::pair<std::string, std::string>> all_;
};

}  // namespace openfc::api
