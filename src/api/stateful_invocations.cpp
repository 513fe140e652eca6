#include "api/stateful_invocations.h"

#include "api/resource.h"
#include "api/rows.h"
#include "base/error.h"
#include "invoke/async_records.h"
#include "schema/json.h"

#include <fmt/core.h>

#include <limits>
#include <utility>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

constexpr std::string_view orders[] = {"asc", "desc"};

invoke::AsyncRecords recordsOf(const Context& context) {
  return {context.parts.documents, context.parts.loop};
}

template <class Input>
invoke::RecordScope scopeOf(const Context& context, const Input& input) {
  return {.account = context.account(),
          .service = input.serviceName,
          .qualifier = input.qualifier.empty() ? "LATEST" : input.qualifier,
          .function = input.functionName};
}

template <auto member>
consteval Field invocationId() {
  return field<member>("statefulAsyncInvocationId", "The invocation.",
                       {.required = true, .maxLength = model::maxName, .in = In::path});
}

/// A record with the bytes that it got and gave; JSON holds texts only.
Task<InvocationReply> withPayloads(Context context, invoke::RecordScope scope,
                                   model::StatefulInvocation record) {
  auto records = recordsOf(context);
  InvocationReply out{.invocation = std::move(record)};
  out.payload = schema::validUtf8(co_await records.payload(scope, out.invocation.invocationId));
  out.samePayload = out.payload;
  std::string result = co_await records.result(scope, out.invocation.invocationId);
  if (!result.empty()) out.returnPayload = schema::validUtf8(std::move(result));
  co_return out;
}

Task<invoke::StoredRecord> getRecord(Context context, invoke::RecordScope scope, std::string id) {
  auto record = co_await recordsOf(context).find(std::move(scope), id);
  if (!record) throw errorOf(Code::statefulAsyncInvocationNotFound, {id});
  co_return std::move(*record);
}

}  // namespace

const Shape& shapeOf(const NamedInvocation*) {
  using T = NamedInvocation;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      invocationId<&T::statefulAsyncInvocationId>(),
  };
  static constexpr Shape shape = schema::shape<T>("NamedStatefulAsyncInvocation", fields);
  return shape;
}

const Shape& shapeOf(const ListInvocations*) {
  using T = ListInvocations;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      field<&T::invocationIdPrefix>("invocationIdPrefix", "Only ids that begin so.",
                                    {.maxLength = 1024, .in = In::query}),
      field<&T::nextToken>("nextToken", "Where the page before ended.",
                           {.maxLength = 1024, .in = In::query}),
      field<&T::limit>("limit", "Items of a page at most.",
                       {.min = 1, .max = 100, .in = In::query}),
      field<&T::startedTimeBegin>("startedTimeBegin",
                                  "Only those that were accepted then or later, in milliseconds.",
                                  {.min = 0, .in = In::query}),
      field<&T::startedTimeEnd>("startedTimeEnd",
                                "Only those that were accepted then or before, in milliseconds.",
                                {.min = 0, .in = In::query}),
      field<&T::sortOrderByTime>("sortOrderByTime",
                                 "asc: the oldest first; desc: the newest first.",
                                 {.oneOf = orders, .in = In::query}),
      field<&T::includePayload>("includePayload", "Whether events and answers come along.",
                                {.in = In::query}),
      field<&T::status>("status", "Only those that stand there.",
                        {.oneOf = model::invocationStatusNames, .in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("ListStatefulAsyncInvocations", fields);
  return shape;
}

const Shape& shapeOf(const InvocationReply*) {
  using T = InvocationReply;
  static constexpr Field fields[] = {
      field<&T::invocation>("invocation", "The record.", {.inlined = true}),
      field<&T::payload>("invocationPayload", "The event.", {.omitNull = true}),
      field<&T::samePayload>("InvocationPayload", "The event.", {.omitNull = true}),
      field<&T::returnPayload>("returnPayload", "The answer.", {.omitNull = true}),
  };
  static constexpr Shape shape = schema::shape<T>("StatefulAsyncInvocation", fields);
  return shape;
}

const Shape& shapeOf(const InvocationPage*) {
  using T = InvocationPage;
  static constexpr Field fields[] = {
      field<&T::invocations>("invocations", "In the order of the times."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("StatefulAsyncInvocationPage", fields);
  return shape;
}

Task<InvocationReply> getInvocation(Context context, NamedInvocation input) {
  co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  const auto scope = scopeOf(context, input);
  auto record = co_await getRecord(context, scope, input.statefulAsyncInvocationId);
  co_return co_await withPayloads(context, scope, std::move(record.value));
}

Task<InvocationPage> listInvocations(Context context, ListInvocations input) {
  co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  const auto scope = scopeOf(context, input);
  using Order = invoke::RecordQuery::Order;
  auto records = recordsOf(context);
  auto found = co_await records.list(
      scope,
      {.order = input.sortOrderByTime == "asc" ? Order::oldestFirst : Order::newestFirst,
       .idPrefix = input.invocationIdPrefix,
       .status = model::invocationStatusNamed(input.status),
       .startedTimeBegin = input.startedTimeBegin.value_or(0),
       .startedTimeEnd = input.startedTimeEnd.value_or(std::numeric_limits<std::int64_t>::max()),
       .limit = static_cast<std::size_t>(input.limit),
       .nextToken = input.nextToken});
  InvocationPage out{.invocations = {}, .nextToken = std::move(found.nextToken)};
  for (model::StatefulInvocation& record : found.records) {
    out.invocations.push_back(input.includePayload
                                  ? co_await withPayloads(context, scope, std::move(record))
                                  : InvocationReply{.invocation = std::move(record)});
  }
  co_return out;
}

Task<> stopInvocation(Context context, NamedInvocation input) {
  co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  const auto scope = scopeOf(context, input);
  for (;;) {
    const auto record = co_await getRecord(context, scope, input.statefulAsyncInvocationId);
    const auto status = model::invocationStatusNamed(record.value.status);
    if (!status) throw std::runtime_error("a stored invocation has no status that there is");
    const auto next = model::statusAfterStop(*status);
    if (!next) {
      throw invalidArgument(fmt::format("stateful async invocation '{}' has ended (status: {})",
                                        record.value.invocationId, record.value.status));
    }
    if (*next == *status) co_return;
    model::StatefulInvocation stopped = record.value;
    enter(stopped, *next, context.now(), "stopped by a request");
    const auto committed =
        co_await commit(context, invoke::AsyncRecords::change(scope, record, stopped));
    if (committed) co_return;
  }
}

}  // namespace openfc::api
