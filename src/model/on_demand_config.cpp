#include "model/on_demand_config.h"

#include <fmt/core.h>

namespace openfc::model {

using schema::field;

const schema::Shape& shapeOf(const OnDemandConfig*) {
  using T = OnDemandConfig;
  static constexpr schema::Field fields[] = {
      field<&T::serviceName>("serviceName", "The service."),
      field<&T::functionName>("functionName", "The function."),
      field<&T::qualifier>("qualifier", "LATEST, a version or an alias."),
      field<&T::maximumInstanceCount>("maximumInstanceCount", "Instances on demand at most."),
  };
  static constexpr schema::Shape shape = schema::shape<T>("OnDemandConfig", fields);
  return shape;
}

std::string onDemandResource(std::string_view service, std::string_view qualifier,
                             std::string_view function) {
  return fmt::format("services/{}.{}/functions/{}", service, qualifier, function);
}

}  // namespace openfc::model
