#include "api/layer_store.h"

#include "model/keys.h"

#include <algorithm>
#include <utility>

namespace openfc::api {
namespace {

/// What a layer was when it was read.
struct Before {
  WholeLayer layer;
  store::Expect state;
};

Task<std::vector<Stored<model::Layer>>> versionsOf(Context context, std::string prefix) {
  std::vector<Stored<model::Layer>> out;
  for (store::Document& document : co_await allUnder(context, std::move(prefix)))
    out.push_back(storedOf<model::Layer>(std::move(document)));
  co_return out;
}

Task<Before> read(Context context, std::string name) {
  Before before{.layer = {.owner = model::layerOwner(context.account()), .name = std::move(name)},
                .state = store::Expect::absent()};
  WholeLayer& layer = before.layer;
  const auto state =
      co_await context.parts.documents.find(model::layerStateKey(layer.owner, layer.name));
  if (state) {
    layer.state = model::fromDocument<model::LayerState>(state->value);
    before.state = store::Expect::at(state->revision);
  }
  layer.versions =
      co_await versionsOf(context, model::layerVersionsPrefix(layer.owner, layer.name));
  co_return before;
}

const model::Layer* highest(const WholeLayer& layer, int least) {
  const auto found = std::ranges::find_if(
      layer.versions.rbegin(), layer.versions.rend(),
      [least](const Stored<model::Layer>& one) { return one.value.acl >= least; });
  return found == layer.versions.rend() ? nullptr : &found->value;
}

/// Writes what the lists of layers show, or removes it.
store::Operation shown(std::string key, const model::Layer* layer) {
  return layer == nullptr ? store::erase(std::move(key))
                          : store::put(std::move(key), model::toDocument(*layer));
}

/// The writes that lead from one state to the other. The state's document orders all writes of a
/// layer, so that it alone needs a condition.
std::vector<store::Operation> writesBetween(const Before& before, const WholeLayer& after) {
  std::vector<store::Operation> out;
  out.push_back(store::put(model::layerStateKey(after.owner, after.name),
                           model::toDocument(after.state), before.state));
  const auto versionIn = [](const WholeLayer& layer, int version) {
    const auto found = std::ranges::find(layer.versions, version,
                                         [](const auto& one) { return one.value.version; });
    return found == layer.versions.end() ? nullptr : &found->value;
  };
  for (const Stored<model::Layer>& old : before.layer.versions) {
    if (versionIn(after, old.value.version) == nullptr) out.push_back(store::erase(old.key));
  }
  for (const Stored<model::Layer>& version : after.versions) {
    const model::Layer* old = versionIn(before.layer, version.value.version);
    if (old != nullptr && *old == version.value) continue;
    out.push_back(store::put(version.key, model::toDocument(version.value)));
  }
  out.push_back(shown(model::layerKey(after.owner, after.name), highest(after, 0)));
  out.push_back(
      shown(model::publicLayerKey(after.owner, after.name), highest(after, model::publicLayer)));
  return out;
}

}  // namespace

Task<std::optional<Stored<model::Layer>>> findReadableLayer(Context context,
                                                            model::LayerName name) {
  auto document = co_await context.parts.documents.find(
      model::layerVersionKey(name.owner, name.layer, name.version));
  if (!document) co_return std::nullopt;
  Stored<model::Layer> layer = storedOf<model::Layer>(std::move(*document));
  if (layer.value.accountId != context.account() && layer.value.acl != model::publicLayer)
    co_return std::nullopt;
  co_return layer;
}

Task<WholeLayer> changeLayer(Context context, std::string name, LayerChange change) {
  for (;;) {
    const Before before = co_await read(context, name);
    WholeLayer after = before.layer;
    change(after);
    const auto committed = co_await commit(context, writesBetween(before, after));
    if (!committed) continue;
    for (Stored<model::Layer>& version : after.versions) {
      const auto old =
          std::ranges::find(before.layer.versions, version.key, &Stored<model::Layer>::key);
      const bool same = old != before.layer.versions.end() && old->value == version.value;
      version.revision = same ? old->revision : *committed;
    }
    co_return after;
  }
}

}  // namespace openfc::api
