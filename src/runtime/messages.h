#pragma once

#include "runtime/catalogue.h"
#include "runtime/worker.h"

#include <cstddef>
#include <string>

/// The JSON parts of what the server tells a managed runtime (docs/runtime-protocol.md). Pure.
namespace openfc::runtime {

/// Payload of a configure frame. `resultLimit`: a longer result is to be reported as the function's
/// failure.
std::string configureMessage(const Configuration& configuration, std::size_t resultLimit);

/// Appends the description of one call, the event not included.
void appendCall(std::string& out, const Call& call);

}  // namespace openfc::runtime
