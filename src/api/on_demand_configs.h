#pragma once

#include "api/context.h"
#include "model/on_demand_config.h"
#include "schema/shape.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The operations on how many instances may be started on demand (wire-contract 3.3). What they
/// name need not exist.
namespace openfc::api {

struct PutOnDemandConfig {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
  std::string ifMatch;
  std::int64_t maximumInstanceCount = 0;
};

struct GetOnDemandConfig {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
};

struct DeleteOnDemandConfig {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
  std::string ifMatch;
};

struct ListOnDemandConfigs {
  int limit = 100;
  std::string nextToken;
  std::string prefix;
  std::string startKey;
};

struct OnDemandItem {
  std::string resource;
  std::int64_t maximumInstanceCount = 0;
};

struct OnDemandReply {
  std::string etag;
  OnDemandItem item;
};

struct OnDemandPage {
  std::optional<std::vector<OnDemandItem>> configs;  // nothing when there are none: null to clients
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const PutOnDemandConfig*);
const schema::Shape& shapeOf(const GetOnDemandConfig*);
const schema::Shape& shapeOf(const DeleteOnDemandConfig*);
const schema::Shape& shapeOf(const ListOnDemandConfigs*);
const schema::Shape& shapeOf(const OnDemandItem*);
const schema::Shape& shapeOf(const OnDemandReply*);
const schema::Shape& shapeOf(const OnDemandPage*);

Task<OnDemandReply> putOnDemandConfig(Context context, PutOnDemandConfig input);
Task<OnDemandReply> getOnDemandConfig(Context context, GetOnDemandConfig input);
Task<> deleteOnDemandConfig(Context context, DeleteOnDemandConfig input);
Task<OnDemandPage> listOnDemandConfigs(Context context, ListOnDemandConfigs input);

}  // namespace openfc::api
