#include "model/alias.h"

#include "model/names.h"

#include <fmt/core.h>

namespace openfc::model {
namespace {

using schema::checkedBy;
using schema::field;
using schema::Field;
using schema::Shape;
using schema::Support;

constexpr std::size_t maxWeights = 10;
constexpr double rounding = 1e-9;  // of a sum of shares that are written in decimals

std::string weightsProblem(const VersionWeights& weights) {
  double sum = 0;
  for (const auto& [version, weight] : weights) {
    if (version.size() > maxName) {
      return fmt::format("additionalVersionWeight has a version id of more than {} characters",
                         maxName);
    }
    sum += weight;
  }
  if (sum > 1 + rounding)
    return fmt::format("additionalVersionWeight must not exceed 1 in sum (actual: {})", sum);
  return "";
}

}  // namespace

const Shape& shapeOf(const AliasConfig*) {
  using T = AliasConfig;
  static constexpr Field fields[] = {
      field<&T::versionId>("versionId", "The main version.",
                           {.required = true, .minLength = 1, .maxLength = maxName}),
      field<&T::description>(
          "description", "Free text.",
          {.maxLength = 4096, .support = Support::recorded, .supportNote = "A text for people."}),
      field<&T::additionalVersionWeight>(
          "additionalVersionWeight",
          "Shares of invocations, 0 to 1, by version id; the main version gets the rest. Reads "
          "always show the main version.",
          {.min = 0, .max = 1, .maxItems = maxWeights, .check = checkedBy<&weightsProblem>}),
  };
  static constexpr Shape shape = schema::shape<T>("AliasConfig", fields);
  return shape;
}

const Shape& shapeOf(const Alias*) {
  using T = Alias;
  static constexpr Field fields[] = {
      field<&T::aliasName>("aliasName", "Name, unique in the service."),
      field<&T::config>("config", "What clients set.", {.inlined = true}),
      field<&T::serviceName>("serviceName", "The service."),
      field<&T::createdTime>("createdTime", "When it was created.", {.readOnly = true}),
      field<&T::lastModifiedTime>("lastModifiedTime", "When it was last changed.",
                                  {.readOnly = true}),
  };
  static constexpr Shape shape = schema::shape<T>("Alias", fields);
  return shape;
}

AliasConfig settled(AliasConfig config) {
  if (config.additionalVersionWeight && config.additionalVersionWeight->empty())
    config.additionalVersionWeight.reset();
  return config;
}

std::string aliasNameProblem(const std::string& name) {
  return name == "LATEST" ? "AliasName must not be LATEST, which is every service's current state"
                          : "";
}

const std::string& chooseVersion(const AliasConfig& alias, double random) {
  if (!alias.additionalVersionWeight) return alias.versionId;
  double end = 0;
  for (const auto& [version, weight] : *alias.additionalVersionWeight) {
    end += weight;
    if (random < end) return version;
  }
  return alias.versionId;
}

}  // namespace openfc::model
