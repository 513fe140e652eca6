#pragma once

#include "base/clock.h"
#include "model/document.h"
#include "schema/shape.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::model {

/// Access to a layer from other accounts (api-spec L-04).
inline constexpr int privateLayer = 0;
inline constexpr int publicLayer = 1;

/// In compatibleRuntime: the layer suits every runtime.
inline constexpr std::string_view anyRuntime = "Any";

/// What a client sets of a layer version, its code apart.
struct LayerConfig {
  std::string description;
  std::vector<std::string> compatibleRuntime;  // empty = every runtime
  std::string license;
  bool operator==(const LayerConfig&) const = default;
};

/// One version of a layer. Only its `acl` ever changes.
struct Layer {
  std::string layerName;
  int version = 0;
  LayerConfig config;
  std::int64_t codeSize = 0;       // bytes of the ZIP
  std::string codeChecksum = "0";  // CRC-64 of the ZIP, unsigned decimal
  int acl = privateLayer;
  Time createTime;
  std::string accountId;      // the owner
  std::string packageDigest;  // package::Package::digest
  bool operator==(const Layer&) const = default;
};

/// What outlives a layer's versions: numbers are never given twice.
struct LayerState {
  int lastVersion = 0;     // the highest that was ever given
  int acl = privateLayer;  // of the layer as a whole: later versions begin with it
  bool operator==(const LayerState&) const = default;
};

/// What a function keeps of a layer version that was attached to it, so that it goes on working
/// when the version is deleted or made private.
struct AttachedLayer {
  std::string arn;  // as the client has written it
  std::string packageDigest;
  std::int64_t codeSize = 0;
  std::vector<std::string> compatibleRuntime;
  bool operator==(const AttachedLayer&) const = default;
};

const schema::Shape& shapeOf(const LayerConfig*);
const schema::Shape& shapeOf(const Layer*);
const schema::Shape& shapeOf(const LayerState*);
const schema::Shape& shapeOf(const AttachedLayer*);

/// 32 hex digits that stand for an account in the ARNs of its layers (api-spec L-05).
std::string layerOwner(std::string_view account);

/// Which version of which layer an ARN names.
struct LayerName {
  std::string owner;  // layerOwner() of the account
  std::string layer;
  int version = 0;
  bool operator==(const LayerName&) const = default;
};

/// "<32 hex>#name#version" (arn of answers).
std::string toArn(const LayerName& name);
/// "acs:fc:<region>:<account>:layers/name/versions/version" (arnV2 of answers).
std::string toLongArn(const Layer& layer, std::string_view region);
/// Either form, of any region; nothing = it is neither.
std::optional<LayerName> layerNameOf(std::string_view arn);

/// Whether a layer of these runtimes may be attached to a function of this one.
bool suits(const std::vector<std::string>& compatibleRuntime, std::string_view runtime);

}  // namespace openfc::model
