#pragma once

#include "base/clock.h"
#include "model/document.h"
#include "schema/shape.h"

#include <map>
#include <optional>
#include <string>

namespace openfc::model {

/// Shares of invocations by version id; the main version gets the rest.
using VersionWeights = std::map<std::string, double>;

/// What a client sets of an alias, its name apart.
struct AliasConfig {
  std::string versionId;  // the main version
  std::string description;
  std::optional<VersionWeights> additionalVersionWeight;  // never empty once settled()
  bool operator==(const AliasConfig&) const = default;
};

struct Alias {
  std::string aliasName;
  AliasConfig config;
  std::string serviceName;
  Time createdTime;
  Time lastModifiedTime;
  bool operator==(const Alias&) const = default;
};

const schema::Shape& shapeOf(const AliasConfig*);
const schema::Shape& shapeOf(const Alias*);

/// No weights stand for no weight.
AliasConfig settled(AliasConfig config);
/// What is wrong with the name of an alias beside its letters: LATEST is none.
std::string aliasNameProblem(const std::string& name);

/// The version that one invocation through the alias runs. `random` is evenly spread over [0, 1):
/// each additional version owns a part of it as wide as its weight, the main version the rest.
const std::string& chooseVersion(const AliasConfig& alias, double random);

}  // namespace openfc::model
