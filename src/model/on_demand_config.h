#pragma once

#include "model/document.h"
#include "schema/shape.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace openfc::model {

/// How many instances may be started on demand for one function under one qualifier
/// (wire-contract 3.3). What it names need not exist.
struct OnDemandConfig {
  std::string serviceName;
  std::string functionName;
  std::string qualifier;  // LATEST, a version or an alias
  std::int64_t maximumInstanceCount = 0;
  bool operator==(const OnDemandConfig&) const = default;
};

const schema::Shape& shapeOf(const OnDemandConfig*);

/// "services/orders.prod/functions/resize": how answers and lists name a configuration.
std::string onDemandResource(std::string_view service, std::string_view qualifier,
                             std::string_view function);

}  // namespace openfc::model
