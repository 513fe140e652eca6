#pragma once

#include "model/trigger.h"
#include "store/documents.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::trigger {

/// Finds triggers by what fires them: each question is one read of a range of the store. Called on
/// the loop. Whether a trigger is enabled and its filters match is for its caller to ask.
class Triggers {
public:
  explicit Triggers(store::Documents& documents) : documents_(documents) {}

  /// `qualifier` as a request has it: "" = LATEST, a version or an alias.
  Task<std::optional<model::Trigger>> findHttp(std::string account, std::string service,
                                               std::string qualifier, std::string function) const;
  /// Of all accounts.
  Task<std::vector<model::Trigger>> timers() const;
  /// Those of one type that a resource of an account fires, e.g. ("oss", "1000", "photos").
  Task<std::vector<model::Trigger>> ofSource(std::string_view type, std::string_view account,
                                             std::string_view resource) const;

private:
  Task<std::vector<model::Trigger>> under(std::string prefix) const;

  store::Documents& documents_;
};

}  // namespace openfc::trigger
