#include "api/layers.h"
#include "api/rows.h"

/// The rows of the inputs and outputs of the operations on layers.
namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

template <auto member>
consteval Field layerName() {
  return nameInPath<member>("layerName", "The layer.");
}

template <auto member>
consteval Field version() {
  return field<member>("version", "Number of the version.",
                       {.required = true, .min = 1, .in = In::path});
}

template <auto member>
consteval Field limit() {
  return field<member>("limit", "Items of a page at most.",
                       {.min = 1, .max = 100, .in = In::query});
}

}  // namespace

const Shape& shapeOf(const PublishLayerVersion*) {
  using T = PublishLayerVersion;
  static constexpr Field fields[] = {
      layerName<&T::layerName>(),
      field<&T::codeChecksum>("X-Fc-Code-Checksum",
                              "CRC-64 of the code, unsigned decimal: other code is refused.",
                              {.maxLength = 64, .in = In::header}),
      field<&T::code>("code", "The layer's ZIP."),
      field<&T::config>("config", "Its configuration.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("PublishLayerVersion", fields);
  return shape;
}

const Shape& shapeOf(const LayerVersion*) {
  using T = LayerVersion;
  static constexpr Field fields[] = {
      layerName<&T::layerName>(),
      version<&T::version>(),
  };
  static constexpr Shape shape = schema::shape<T>("LayerVersion", fields);
  return shape;
}

const Shape& shapeOf(const LayerVersionByArn*) {
  using T = LayerVersionByArn;
  static constexpr Field fields[] = {
      field<&T::arn>("arn", "ARN of a layer version, in either form.",
                     {.required = true, .maxLength = 512, .in = In::path}),
  };
  static constexpr Shape shape = schema::shape<T>("LayerVersionByArn", fields);
  return shape;
}

const Shape& shapeOf(const ListLayerVersions*) {
  using T = ListLayerVersions;
  static constexpr Field fields[] = {
      layerName<&T::layerName>(),
      field<&T::startVersion>("startVersion", "The first version of the page.",
                              {.min = 1, .in = In::query}),
      limit<&T::limit>(),
  };
  static constexpr Shape shape = schema::shape<T>("ListLayerVersions", fields);
  return shape;
}

const Shape& shapeOf(const ListLayers*) {
  using T = ListLayers;
  static constexpr Field fields[] = {
      limit<&T::limit>(),
      field<&T::nextToken>("nextToken", "Where the page before ended; replaces startKey.",
                           {.maxLength = 1024, .in = In::query}),
      field<&T::prefix>("prefix", "Only names that begin so.",
                        {.maxLength = 1024, .in = In::query}),
      field<&T::startKey>("startKey", "Only names that are not before this one.",
                          {.maxLength = 1024, .in = In::query}),
      field<&T::isPublic>("public", "The public layers of all accounts.", {.in = In::query}),
      field<&T::official>("official", "The same: no layers are official here.", {.in = In::query}),
      field<&T::ofAll>("isPublic", "The same under another name.", {.in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("ListLayers", fields);
  return shape;
}

const Shape& shapeOf(const PutLayerAcl*) {
  using T = PutLayerAcl;
  static constexpr Field fields[] = {
      layerName<&T::layerName>(),
      field<&T::isPublic>("public", "Whether every account may read and attach it.",
                          {.in = In::query}),
      field<&T::official>("official", "The same: no layers are official here.", {.in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("PutLayerAcl", fields);
  return shape;
}

const Shape& shapeOf(const PermanentlyDeleteLayerVersion*) {
  using T = PermanentlyDeleteLayerVersion;
  static constexpr Field fields[] = {
      field<&T::accountId>("accountId", "Owner of the layer.",
                           {.required = true, .maxLength = 64, .in = In::path}),
      layerName<&T::layerName>(),
      version<&T::version>(),
  };
  static constexpr Shape shape = schema::shape<T>("PermanentlyDeleteLayerVersion", fields);
  return shape;
}

const Shape& shapeOf(const LayerCode*) {
  using T = LayerCode;
  static constexpr Field fields[] = {
      field<&T::repositoryType>("repositoryType", "Kind of place."),
      field<&T::location>("location", "Where the ZIP can be downloaded for a while."),
  };
  static constexpr Shape shape = schema::shape<T>("LayerCode", fields);
  return shape;
}

const Shape& shapeOf(const LayerView*) {
  using T = LayerView;
  static constexpr Field fields[] = {
      field<&T::layer>("layer", "The version.", {.inlined = true}),
      field<&T::code>("code", "Its ZIP."),
      field<&T::arn>("arn", "What a function's `layers` name it by."),
      field<&T::arnV2>("arnV2", "The same in the long form."),
  };
  static constexpr Shape shape = schema::shape<T>("LayerView", fields);
  return shape;
}

const Shape& shapeOf(const LayerReply*) {
  using T = LayerReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::layer>("layer", "The version.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("LayerReply", fields);
  return shape;
}

const Shape& shapeOf(const LayerVersionPage*) {
  using T = LayerVersionPage;
  static constexpr Field fields[] = {
      field<&T::layers>("layers", "Ascending by version."),
      field<&T::nextVersion>("nextVersion", "startVersion of the next page; absent at the end.",
                             {.omitNull = true}),
  };
  static constexpr Shape shape = schema::shape<T>("LayerVersionPage", fields);
  return shape;
}

const Shape& shapeOf(const LayerPage*) {
  using T = LayerPage;
  static constexpr Field fields[] = {
      field<&T::layers>("layers", "The highest version of each, ascending by name."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("LayerPage", fields);
  return shape;
}

}  // namespace openfc::api
