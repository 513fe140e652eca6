#pragma once

#include "api/context.h"
#include "model/stateful_invocation.h"
#include "schema/shape.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The operations on the records of asynchronous invocations (api-spec 2.9.5 to 2.9.7).
namespace openfc::api {

/// Names the invocation to read or stop.
struct NamedInvocation {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
  std::string statefulAsyncInvocationId;
};

struct ListInvocations {
  std::string serviceName;
  std::string qualifier;
  std::string functionName;
  std::string invocationIdPrefix;
  std::string nextToken;
  int limit = 50;
  std::optional<std::int64_t> startedTimeBegin;
  std::optional<std::int64_t> startedTimeEnd;
  std::string sortOrderByTime = "desc";
  bool includePayload = false;
  std::string status;
};

struct InvocationReply {
  model::StatefulInvocation invocation;
  std::optional<std::string> payload;  // twice on the wire: clients read the one name or the other
  std::optional<std::string> samePayload;
  std::optional<std::string> returnPayload;
};

struct InvocationPage {
  std::vector<InvocationReply> invocations;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const NamedInvocation*);
const schema::Shape& shapeOf(const ListInvocations*);
const schema::Shape& shapeOf(const InvocationReply*);
const schema::Shape& shapeOf(const InvocationPage*);

Task<InvocationReply> getInvocation(Context context, NamedInvocation input);
Task<InvocationPage> listInvocations(Context context, ListInvocations input);
Task<> stopInvocation(Context context, NamedInvocation input);

}  // namespace openfc::api
