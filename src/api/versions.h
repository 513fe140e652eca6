#pragma once

#include "api/context.h"
#include "model/version.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <vector>

/// The operations on versions (api-spec 2.4).
namespace openfc::api {

struct PublishServiceVersion {
  std::string serviceName;
  std::string ifMatch;
  std::optional<std::string> description;  // nothing = the service's
};

struct DeleteServiceVersion {
  std::string serviceName;
  std::string versionId;
};

struct ListServiceVersions {
  std::string serviceName;
  int limit = 20;
  std::string nextToken;
  std::string startKey;
  std::string direction = "BACKWARD";
};

struct VersionReply {
  std::string etag;
  model::Version version;
};

struct VersionPage {
  std::vector<model::Version> versions;
  std::string direction;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const PublishServiceVersion*);
const schema::Shape& shapeOf(const DeleteServiceVersion*);
const schema::Shape& shapeOf(const ListServiceVersions*);
const schema::Shape& shapeOf(const VersionReply*);
const schema::Shape& shapeOf(const VersionPage*);

/// Freezes the service and all its functions at one moment; If-Match names a state of the service.
Task<VersionReply> publishServiceVersion(Context context, PublishServiceVersion input);
/// Aliases may go on naming the version: what comes through them then finds none (V-03).
Task<> deleteServiceVersion(Context context, DeleteServiceVersion input);
Task<VersionPage> listServiceVersions(Context context, ListServiceVersions input);

}  // namespace openfc::api
