#include "trigger/domains.h"

#include "model/keys.h"

namespace openfc::trigger {

Task<std::optional<model::CustomDomain>> Domains::find(std::string host) const {
  for (const std::string& name : model::domainNamesFor(host)) {
    const auto document = co_await documents_.find(model::hostKey(name));
    if (document) co_return model::fromDocument<model::CustomDomain>(document->value);
  }
  co_return std::nullopt;
}

}  // namespace openfc::trigger
