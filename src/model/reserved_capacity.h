#pragma once

#include "base/clock.h"
#include "schema/shape.h"

#include <cstdint>
#include <string>

namespace openfc::model {

/// Compute that an operator keeps for the functions of this installation (wire-contract 3.2).
struct ReservedCapacity {
  std::string instanceId;
  std::int64_t cu = 0;  // compute units
  Time deadline;
  Time createdTime;
  Time lastModifiedTime;
  std::string isRefunded = "false";
  bool operator==(const ReservedCapacity&) const = default;
};

const schema::Shape& shapeOf(const ReservedCapacity*);

}  // namespace openfc::model
