#pragma once

#include "api/context.h"
#include "model/async_config.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <vector>

/// The operations on the configurations of asynchronous invocations (api-spec 2.9.1 to 2.9.4), and
/// the list of functions whose runs have records (wire-contract 3.10).
namespace openfc::api {

struct PutAsyncConfig {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
  schema::Partial<model::AsyncSettings> settings;
};

/// Names the configuration to read or delete.
struct NamedAsyncConfig {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
};

struct ListAsyncConfigs {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
  int limit = 20;
  std::string nextToken;
};

struct AsyncConfigReply {
  model::AsyncConfig config;
  std::string service;   // some clients read this name
  std::string function;  // the same
};

struct AsyncConfigPage {
  std::optional<std::vector<AsyncConfigReply>> configs;  // nothing when there are none: null
  std::string nextToken;                                 // "" at the end
};

struct ListStatefulFunctions {
  int limit = 20;
  std::string nextToken;
};

struct StatefulFunction {
  std::string serviceName;
  std::string functionName;
  std::string qualifier;
};

struct StatefulFunctionPage {
  std::vector<StatefulFunction> data;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const PutAsyncConfig*);
const schema::Shape& shapeOf(const NamedAsyncConfig*);
const schema::Shape& shapeOf(const ListAsyncConfigs*);
const schema::Shape& shapeOf(const AsyncConfigReply*);
const schema::Shape& shapeOf(const AsyncConfigPage*);
const schema::Shape& shapeOf(const ListStatefulFunctions*);
const schema::Shape& shapeOf(const StatefulFunction*);
const schema::Shape& shapeOf(const StatefulFunctionPage*);

Task<AsyncConfigReply> putAsyncConfig(Context context, PutAsyncConfig input);
Task<> deleteAsyncConfig(Context context, NamedAsyncConfig input);
Task<AsyncConfigReply> getAsyncConfig(Context context, NamedAsyncConfig input);
Task<AsyncConfigPage> listAsyncConfigs(Context context, ListAsyncConfigs input);
Task<StatefulFunctionPage> listStatefulFunctions(Context context, ListStatefulFunctions input);

}  // namespace openfc::api
