#pragma once

#include "api/context.h"
#include "model/provision_config.h"
#include "schema/shape.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The operations on provisioned instances (api-spec 2.7).
namespace openfc::api {

struct PutProvisionConfig {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
  std::string ifMatch;
  std::int64_t target = 0;
  schema::Partial<model::ProvisionSettings> settings;
};

struct GetProvisionConfig {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
};

struct ListProvisionConfigs {
  int limit = 20;
  std::string nextToken;
  std::string serviceName;
  std::string qualifier;
};

/// A configuration and what has become of it.
struct ProvisionItem {
  std::string resource;
  std::int64_t target = 0;   // by what was set, the schedule and the metric
  std::int64_t current = 0;  // instances that live
  model::ProvisionSettings settings;
  std::optional<std::string> currentError;
};

struct ProvisionReply {
  std::string etag;
  ProvisionItem item;
};

struct ProvisionPage {
  std::vector<ProvisionItem> provisionConfigs;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const PutProvisionConfig*);
const schema::Shape& shapeOf(const GetProvisionConfig*);
const schema::Shape& shapeOf(const ListProvisionConfigs*);
const schema::Shape& shapeOf(const ProvisionItem*);
const schema::Shape& shapeOf(const ProvisionReply*);
const schema::Shape& shapeOf(const ProvisionPage*);

/// A target of 0 without schedule and policies in the request removes the configuration.
Task<ProvisionReply> putProvisionConfig(Context context, PutProvisionConfig input);
/// A configuration that was never set shows a target of 0.
Task<ProvisionReply> getProvisionConfig(Context context, GetProvisionConfig input);
Task<ProvisionPage> listProvisionConfigs(Context context, ListProvisionConfigs input);

/// A condition for the deletion of a function, which no provision configuration may outlast. Throws
/// Error{provisionConfigExist} when it has one.
Task<store::Operation> requireNotProvisioned(Context context, std::string service,
                                             std::string function);

}  // namespace openfc::api
