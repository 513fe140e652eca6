#pragma once

#include "api/context.h"
#include "api/page.h"
#include "model/trigger.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <vector>

/// The operations on triggers (api-spec 2.3).
namespace openfc::api {

struct CreateTrigger {
  std::string serviceName;
  std::string functionName;
  std::string triggerName;
  std::string triggerType;
  schema::Json triggerConfig;
  std::optional<std::string> sourceArn;
  std::optional<std::string> invocationRole;
  std::optional<std::string> qualifier;
  std::string description;
};

/// What an update may name, but not change.
struct SameTrigger {
  std::optional<std::string> triggerName;
  std::optional<std::string> triggerType;
  std::optional<std::string> sourceArn;
};

struct UpdateTrigger {
  std::string serviceName;
  std::string functionName;
  std::string triggerName;
  std::string ifMatch;
  std::optional<std::string> invocationRole;
  std::optional<std::string> qualifier;
  std::optional<schema::Json> triggerConfig;
  std::optional<std::string> description;
  SameTrigger same;
};

struct DeleteTrigger {
  std::string serviceName;
  std::string functionName;
  std::string triggerName;
  std::string ifMatch;
};

struct GetTrigger {
  std::string serviceName;
  std::string functionName;
  std::string triggerName;
};

struct ListTriggers {
  std::string serviceName;
  std::string functionName;
  PageQuery page;
};

/// A trigger, and where it is called when it is an HTTP trigger.
struct TriggerItem {
  model::Trigger trigger;
  std::optional<std::string> urlInternet;
  std::optional<std::string> urlIntranet;
  std::optional<std::string> domainName;
};

struct TriggerReply {
  std::string etag;
  TriggerItem item;
};

struct TriggerPage {
  std::vector<TriggerItem> triggers;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const CreateTrigger*);
const schema::Shape& shapeOf(const SameTrigger*);
const schema::Shape& shapeOf(const UpdateTrigger*);
const schema::Shape& shapeOf(const DeleteTrigger*);
const schema::Shape& shapeOf(const GetTrigger*);
const schema::Shape& shapeOf(const ListTriggers*);
const schema::Shape& shapeOf(const TriggerItem*);
const schema::Shape& shapeOf(const TriggerReply*);
const schema::Shape& shapeOf(const TriggerPage*);

Task<TriggerReply> createTrigger(Context context, CreateTrigger input);
Task<> deleteTrigger(Context context, DeleteTrigger input);
Task<TriggerReply> updateTrigger(Context context, UpdateTrigger input);
Task<TriggerReply> getTrigger(Context context, GetTrigger input);
Task<TriggerPage> listTriggers(Context context, ListTriggers input);

}  // namespace openfc::api
