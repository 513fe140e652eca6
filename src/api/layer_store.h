#pragma once

#include "api/context.h"
#include "api/resource.h"
#include "model/layer.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

/// Reading and writing the documents of layers (model/keys.h).
namespace openfc::api {

/// Nothing: there is no such version, or it is another account's and private.
Task<std::optional<Stored<model::Layer>>> findReadableLayer(Context context, model::LayerName name);

/// All of one layer: the state, and its versions by number.
struct WholeLayer {
  std::string owner;  // model::layerOwner()
  std::string name;
  model::LayerState state;
  std::vector<Stored<model::Layer>> versions;  // ascending
};

/// A change of a layer's versions and state in place. May throw Error to refuse.
using LayerChange = std::function<void(WholeLayer& layer)>;

/// Reads the caller's layer, changes it and commits everything that follows from it in one
/// transaction; again when another write came between. Returns what was written; versions that the
/// change has added carry the new revision.
Task<WholeLayer> changeLayer(Context context, std::string name, LayerChange change);

}  // namespace openfc::api
