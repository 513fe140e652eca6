#pragma once

#include "api/context.h"
#include "model/function.h"

#include <vector>

namespace openfc::api {

/// What a function keeps of each layer that its configuration names. `attached` are the layers that
/// it has already: they stay as they are, whatever became of the layers since. Throws Error: an ARN
/// of no known form, a layer that does not suit the runtime, too much code (invalidArgument); no
/// such version, or one that the account may not read (layerVersionNotFound).
Task<std::vector<model::AttachedLayer>> attachLayers(Context context, model::FunctionConfig config,
                                                     std::vector<model::AttachedLayer> attached);

}  // namespace openfc::api
