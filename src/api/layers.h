#pragma once

#include "api/code.h"
#include "api/context.h"
#include "api/layer_store.h"
#include "model/layer.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <vector>

/// The operations on layers (api-spec 2.10), and those that clients call beside them (wire-contract
/// 3.8).
namespace openfc::api {

struct PublishLayerVersion {
  std::string layerName;
  std::string codeChecksum;
  std::optional<CodeInput> code;
  model::LayerConfig config;
};

/// Names one version of a layer of the caller's account.
struct LayerVersion {
  std::string layerName;
  int version = 0;
};

struct LayerVersionByArn {
  std::string arn;
};

struct ListLayerVersions {
  std::string layerName;
  int startVersion = 1;
  int limit = 20;
};

struct ListLayers {
  int limit = 20;
  std::string nextToken;
  std::string prefix;
  std::string startKey;
  bool isPublic = false;
  bool official = false;
  bool ofAll = false;
};

struct PutLayerAcl {
  std::string layerName;
  std::optional<bool> isPublic;
  std::optional<bool> official;
};

struct PermanentlyDeleteLayerVersion {
  std::string accountId;
  std::string layerName;
  int version = 0;
};

struct LayerCode {
  std::string repositoryType = "OSS";
  std::string location;
};

/// A layer version as clients see it.
struct LayerView {
  model::Layer layer;
  LayerCode code;
  std::string arn;
  std::string arnV2;
};

struct LayerReply {
  std::string etag;
  LayerView layer;
};

struct LayerVersionPage {
  std::vector<LayerView> layers;
  std::optional<int> nextVersion;
};

struct LayerPage {
  std::vector<LayerView> layers;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const PublishLayerVersion*);
const schema::Shape& shapeOf(const LayerVersion*);
const schema::Shape& shapeOf(const LayerVersionByArn*);
const schema::Shape& shapeOf(const ListLayerVersions*);
const schema::Shape& shapeOf(const ListLayers*);
const schema::Shape& shapeOf(const PutLayerAcl*);
const schema::Shape& shapeOf(const PermanentlyDeleteLayerVersion*);
const schema::Shape& shapeOf(const LayerCode*);
const schema::Shape& shapeOf(const LayerView*);
const schema::Shape& shapeOf(const LayerReply*);
const schema::Shape& shapeOf(const LayerVersionPage*);
const schema::Shape& shapeOf(const LayerPage*);

Task<LayerReply> publishLayerVersion(Context context, PublishLayerVersion input);
Task<LayerReply> getLayerVersion(Context context, LayerVersion input);
/// A version of the caller's account or a public one of any.
Task<LayerReply> getLayerVersionByArn(Context context, LayerVersionByArn input);
Task<> deleteLayerVersion(Context context, LayerVersion input);
Task<LayerVersionPage> listLayerVersions(Context context, ListLayerVersions input);
/// The caller's layers; asked for public or official ones: the public layers of all accounts. A
/// server of one's own has no official layers but those that somebody made public.
Task<LayerPage> listLayers(Context context, ListLayers input);
/// All versions of a layer, and those to come.
Task<> putLayerAcl(Context context, PutLayerAcl input);
/// Makes one version public.
Task<LayerReply> publishPublicLayerVersion(Context context, LayerVersion input);
/// What the cloud's operators call: here the owner may, and it is DeleteLayerVersion.
Task<> permanentlyDeleteLayerVersion(Context context, PermanentlyDeleteLayerVersion input);

}  // namespace openfc::api
