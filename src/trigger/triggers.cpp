#include "trigger/triggers.h"

#include "model/keys.h"

#include <limits>

namespace openfc::trigger {

Task<std::optional<model::Trigger>> Triggers::findHttp(std::string account, std::string service,
                                                       std::string qualifier,
                                                       std::string function) const {
  const auto document =
      co_await documents_.find(model::httpTriggerKey(account, service, function, qualifier));
  if (!document) co_return std::nullopt;
  co_return model::fromDocument<model::Trigger>(document->value);
}

Task<std::vector<model::Trigger>> Triggers::timers() const {
  return under(std::string(model::timersPrefix));
}

Task<std::vector<model::Trigger>> Triggers::ofSource(std::string_view type,
                                                     std::string_view account,
                                                     std::string_view resource) const {
  return under(model::sourceTriggersPrefix(type, account, resource));
}

Task<std::vector<model::Trigger>> Triggers::under(std::string prefix) const {
  const auto documents =
      co_await documents_.page(std::move(prefix), "", std::numeric_limits<std::int32_t>::max());
  std::vector<model::Trigger> out;
  out.reserve(documents.size());
  for (const store::Document& document : documents)
    out.push_back(model::fromDocument<model::Trigger>(document.value));
  co_return out;
}

}  // namespace openfc::trigger
