#pragma once

#include "base/clock.h"
#include "model/document.h"
#include "model/function.h"
#include "model/service.h"
#include "schema/shape.h"

#include <string>
#include <vector>

namespace openfc::model {

/// A published version: the service as it was, its functions stand beside it. It never changes.
struct Version {
  std::string versionId;  // "1", "2", …
  std::string description;
  Time createdTime;
  Time lastModifiedTime;
  Service service;     // frozen; its description is the version's (api-spec V-04)
  std::string digest;  // contentDigest() of what was frozen
  bool operator==(const Version&) const = default;
};

/// What outlives a service's versions: numbers are never given twice.
struct VersionState {
  int lastVersion = 0;  // the highest that was ever given
  bool operator==(const VersionState&) const = default;
};

const schema::Shape& shapeOf(const Version*);
const schema::Shape& shapeOf(const VersionState*);

/// Names all that clients may set of a service and its functions, code included: two publications
/// of the same state have the same digest (api-spec V-02). When it was set does not count.
std::string contentDigest(Service service, std::vector<Function> functions);

}  // namespace openfc::model
