#include "api/attached_layers.h"

#include "api/authorize.h"
#include "api/layer_store.h"
#include "base/error.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::api {
namespace {

Task<model::AttachedLayer> attach(Context context, std::string arn, std::string path) {
  const auto name = model::layerNameOf(arn);
  if (!name) {
    throw invalidArgument(
        fmt::format("{} doesn't match expected format (allowed: <32 hex digits>#<layer>#<version>, "
                    "actual: '{}')",
                    path, arn));
  }
  const auto layer = co_await findReadableLayer(context, *name);
  if (!layer) {
    throw errorOf(Code::layerVersionNotFound, {std::to_string(name->version), name->layer});
  }
  // Its files are as good as read once they lie in a function. Public layers are everybody's.
  if (layer->value.accountId == context.account()) {
    requirePermission(context, "fc:GetLayerVersion",
                      model::toLongArn(layer->value, context.settings().region));
  }
  co_return model::AttachedLayer{.arn = std::move(arn),
                                 .packageDigest = layer->value.packageDigest,
                                 .codeSize = layer->value.codeSize,
                                 .compatibleRuntime = layer->value.config.compatibleRuntime};
}

std::string listed(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : " | ") + text;
  return out;
}

void checkTogether(const Context& context, const std::vector<model::AttachedLayer>& layers,
                   const std::string& runtime) {
  schema::Problems problems;
  std::uint64_t size = 0;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const model::AttachedLayer& layer = layers[i];
    size += static_cast<std::uint64_t>(layer.codeSize);
    if (model::suits(layer.compatibleRuntime, runtime)) continue;
    problems.add(fmt::format(
        "layers[{}]: layer '{}' is not compatible with the runtime (allowed: {}, actual: '{}')", i,
        layer.arn, listed(layer.compatibleRuntime), runtime));
  }
  const std::uint64_t limit = context.settings().maxLayersSize;
  if (size > limit) {
    problems.add(
        fmt::format("layers must have at most {} bytes together (actual: {})", limit, size));
  }
  problems.throwIfAny();
}

}  // namespace

Task<std::vector<model::AttachedLayer>> attachLayers(Context context, model::FunctionConfig config,
                                                     std::vector<model::AttachedLayer> attached) {
  std::vector<model::AttachedLayer> out;
  const std::vector<std::string> layers =
      std::move(config.layers).value_or(std::vector<std::string>());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const std::string& arn = layers[i];
    const auto before = std::ranges::find(attached, arn, &model::AttachedLayer::arn);
    if (before != attached.end()) {
      out.push_back(*before);
    } else {
      out.push_back(co_await attach(context, arn, fmt::format("layers[{}]", i)));
    }
  }
  checkTogether(context, out, config.runtime);
  co_return out;
}

}  // namespace openfc::api
