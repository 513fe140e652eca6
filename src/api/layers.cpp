#include "api/layers.h"

#include "api/download.h"
#include "base/error.h"
#include "model/keys.h"

#include <algorithm>
#include <utility>

namespace openfc::api {
namespace {

Error noVersion(const std::string& layer, int version) {
  return errorOf(Code::layerVersionNotFound, {std::to_string(version), layer});
}

LayerView view(const Context& context, const model::Layer& layer) {
  LayerView out{.layer = layer};
  out.code.location = downloadUrl(context, layer.packageDigest, layer.codeChecksum);
  out.arn = model::toArn({model::layerOwner(layer.accountId), layer.layerName, layer.version});
  out.arnV2 = model::toLongArn(layer, context.settings().region);
  return out;
}

LayerReply reply(const Context& context, const Stored<model::Layer>& layer) {
  return {layer.etag(), view(context, layer.value)};
}

Stored<model::Layer>& getVersion(WholeLayer& layer, int version) {
  const auto found =
      std::ranges::find(layer.versions, version, [](const auto& one) { return one.value.version; });
  if (found == layer.versions.end()) throw noVersion(layer.name, version);
  return *found;
}

/// The code of a new version, which must be there and of one form.
CodeInput checkedCode(std::optional<CodeInput> code) {
  if (!code) throw invalidArgument("code is required");
  schema::Problems problems;
  check(*code, problems);
  problems.throwIfAny();
  return std::move(*code);
}

void checkRoom(const Context& context, const WholeLayer& layer) {
  const std::size_t limit = context.settings().maxVersionsPerLayer;
  if (layer.versions.size() >= limit)
    throw errorOf(Code::limitExceeded, {"versions of a layer", std::to_string(limit)});
}

/// Byte-compiled when Python functions may use it.
std::string languageOf(const model::LayerConfig& config) {
  const auto& runtimes = config.compatibleRuntime;
  const bool python =
      model::suits(runtimes, "python3") ||
      std::ranges::any_of(runtimes, [](const auto& one) { return one.starts_with("python"); });
  return python ? "python3" : "";
}

model::Layer newLayer(const Context& context, PublishLayerVersion input,
                      const package::Package& package) {
  return {.layerName = std::move(input.layerName),
          .config = std::move(input.config),
          .codeSize = static_cast<std::int64_t>(package.size),
          .codeChecksum = std::to_string(package.crc64),
          .createTime = wholeSeconds(context.now()),
          .accountId = context.account(),
          .packageDigest = package.digest};
}

/// One more than asked for tells whether anything follows.
LayerPage pageOf(const Context& context, const std::vector<store::Document>& documents,
                 std::size_t limit, std::size_t keyPrefix) {
  LayerPage out;
  for (const store::Document& document : documents) {
    if (out.layers.size() == limit) {
      out.nextToken = document.key.substr(keyPrefix);
      break;
    }
    out.layers.push_back(view(context, model::fromDocument<model::Layer>(document.value)));
  }
  return out;
}

}  // namespace

Task<LayerReply> publishLayerVersion(Context context, PublishLayerVersion input) {
  CodeInput code = checkedCode(std::exchange(input.code, std::nullopt));
  std::string name = input.layerName;
  std::string runtime = languageOf(input.config);
  const package::Package package = co_await storeCode(
      context, std::move(code), std::move(input.codeChecksum), std::move(runtime));
  const model::Layer made = newLayer(context, std::move(input), package);
  const WholeLayer layer = co_await changeLayer(context, name, [&](WholeLayer& whole) {
    checkRoom(context, whole);
    model::Layer version = made;
    version.version = ++whole.state.lastVersion;
    version.acl = whole.state.acl;
    std::string key = model::layerVersionKey(whole.owner, whole.name, version.version);
    whole.versions.push_back({std::move(version), std::move(key), 0});
  });
  co_return reply(context, layer.versions.back());
}

Task<LayerReply> getLayerVersion(Context context, LayerVersion input) {
  const auto layer = co_await findReadableLayer(
      context, {model::layerOwner(context.account()), input.layerName, input.version});
  if (!layer) throw noVersion(input.layerName, input.version);
  co_return reply(context, *layer);
}

Task<LayerReply> getLayerVersionByArn(Context context, LayerVersionByArn input) {
  const auto name = model::layerNameOf(input.arn);
  if (!name) {
    throw invalidArgument(
        "arn doesn't match expected format (allowed: <32 hex digits>#<layer>#<version>, actual: '" +
        input.arn.substr(0, 256) + "')");
  }
  const auto layer = co_await findReadableLayer(context, *name);
  if (!layer) throw noVersion(name->layer, name->version);
  co_return reply(context, *layer);
}

Task<> deleteLayerVersion(Context context, LayerVersion input) {
  co_await changeLayer(context, input.layerName, [&input](WholeLayer& layer) {
    const auto found = getVersion(layer, input.version).key;
    std::erase_if(layer.versions, [&found](const auto& one) { return one.key == found; });
    // A layer that comes again begins private.
    if (layer.versions.empty()) layer.state.acl = model::privateLayer;
  });
}

Task<LayerVersionPage> listLayerVersions(Context context, ListLayerVersions input) {
  const std::string owner = model::layerOwner(context.account());
  if (!co_await context.parts.documents.find(model::layerKey(owner, input.layerName)))
    throw errorOf(Code::layerNotFound, {input.layerName});
  const auto limit = static_cast<std::size_t>(input.limit);
  const auto documents = co_await context.parts.documents.page(
      model::layerVersionsPrefix(owner, input.layerName),
      model::layerVersionKey(owner, input.layerName, input.startVersion), limit + 1);
  LayerVersionPage out;
  for (const store::Document& document : documents) {
    const auto layer = model::fromDocument<model::Layer>(document.value);
    if (out.layers.size() == limit) {
      out.nextVersion = layer.version;
      break;
    }
    out.layers.push_back(view(context, layer));
  }
  co_return out;
}

Task<LayerPage> listLayers(Context context, ListLayers input) {
  const bool ofAll = input.isPublic || input.official || input.ofAll;
  const std::string prefix = ofAll ? std::string(model::publicLayersPrefix)
                                   : model::layersPrefix(model::layerOwner(context.account()));
  const std::string& from = input.nextToken.empty() ? input.startKey : input.nextToken;
  const auto limit = static_cast<std::size_t>(input.limit);
  const auto documents = co_await context.parts.documents.page(
      prefix + input.prefix, from.empty() ? std::string() : prefix + from, limit + 1);
  co_return pageOf(context, documents, limit, prefix.size());
}

Task<> putLayerAcl(Context context, PutLayerAcl input) {
  if (!input.isPublic && !input.official) throw invalidArgument("public is required");
  const bool open = input.isPublic.value_or(false) || input.official.value_or(false);
  const int acl = open ? model::publicLayer : model::privateLayer;
  co_await changeLayer(context, input.layerName, [acl](WholeLayer& layer) {
    if (layer.versions.empty()) throw errorOf(Code::layerNotFound, {layer.name});
    layer.state.acl = acl;
    for (Stored<model::Layer>& version : layer.versions) version.value.acl = acl;
  });
}

Task<LayerReply> publishPublicLayerVersion(Context context, LayerVersion input) {
  WholeLayer layer = co_await changeLayer(context, input.layerName, [&input](WholeLayer& whole) {
    getVersion(whole, input.version).value.acl = model::publicLayer;
  });
  co_return reply(context, getVersion(layer, input.version));
}

Task<> permanentlyDeleteLayerVersion(Context context, PermanentlyDeleteLayerVersion input) {
  if (input.accountId != context.account()) {
    throw Error(Code::accessDenied,
                "only the owner of a layer may delete its versions, which is another account");
  }
  co_await deleteLayerVersion(context, {std::move(input.layerName), input.version});
}

}  // namespace openfc::api
