#pragma once

#include "api/context.h"
#include "schema/shape.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

/// The operation on running instances (api-spec 2.11).
namespace openfc::api {

struct ListInstances {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
  std::vector<std::string> instanceIds;  // of the parameter's first value
  int limit = 0;                         // 0 = the default
};

struct InstanceItem {
  std::string instanceId;
  std::int64_t versionId = 0;  // 0 = LATEST
};

struct InstanceList {
  std::vector<InstanceItem> instances;
};

const schema::Shape& shapeOf(const ListInstances*);
const schema::Shape& shapeOf(const InstanceItem*);
const schema::Shape& shapeOf(const InstanceList*);

/// The versions that a qualifier may lead to; LATEST is one. Throws Error{aliasNotFound}.
Task<std::set<std::string>> versionsBehind(Context context, std::string service,
                                           std::string qualifier);

/// An InstanceList, or by configuration the bare array that the reference documents.
Task<http::Response> listInstances(Context context, ListInstances input);

}  // namespace openfc::api
