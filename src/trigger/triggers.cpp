#include "trigger/triggers.h"

#include "model/keys.h"

#include <string>

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
  constexpr std::size_t pageSize = 200;  // the loop serves others between pages
  std::vector<model::Trigger> out;
  std::string from;
  while (true) {
    const auto documents = co_await documents_.page(prefix, from, pageSize);
    for (const store::Document& document : documents)
      out.push_back(model::fromDocument<model::Trigger>(document.value));
    if (documents.size() < pageSize) co_return out;
    from = documents.back().key + '\0';
  }
}

}  // namespace openfc::trigger
