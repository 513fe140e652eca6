#include "api/function_logs.h"

#include "api/resource.h"
#include "api/rows.h"
#include "base/time_text.h"
#include "schema/json.h"

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;

LogLine lineOf(observe::LogRecord record) {
  return {.cursor = static_cast<std::int64_t>(record.cursor),
          .time = toIsoMillis(record.time),
          .instanceId = std::move(record.instanceId),
          .requestId = std::move(record.requestId),
          .text = schema::validUtf8(std::move(record.text)),
          .versionId = std::move(record.versionId)};
}

/// Whose lines are wanted: a qualifier names one version, an alias its main version.
Task<std::optional<std::string>> versionWanted(Context context, std::string service,
                                               std::string qualifier) {
  if (qualifier.empty()) co_return std::nullopt;
  const auto version = co_await versionOf(context, std::move(service), std::move(qualifier));
  co_return version ? std::to_string(*version) : "LATEST";
}

}  // namespace

const schema::Shape& shapeOf(const ReadFunctionLogs*) {
  using T = ReadFunctionLogs;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      field<&T::after>("after", "Only records behind this cursor.", {.min = 0, .in = In::query}),
      field<&T::limit>("limit", "Records at most.", {.min = 1, .max = 1000, .in = In::query}),
      field<&T::wait>("wait", "Seconds to wait for a record while there is none.",
                      {.min = 0, .max = 60, .in = In::query}),
      field<&T::requestId>("requestId", "Only records of this request.",
                           {.maxLength = 128, .in = In::query}),
      field<&T::contains>("contains", "Only records that hold this text.",
                          {.maxLength = 1024, .in = In::query}),
      field<&T::since>("since", "Only records from this time on.", {.in = In::query}),
  };
  static constexpr schema::Shape shape = schema::shape<T>("ReadFunctionLogs", fields);
  return shape;
}

const schema::Shape& shapeOf(const LogLine*) {
  using T = LogLine;
  static constexpr Field fields[] = {
      field<&T::cursor>("cursor", "Place of the record; grows."),
      field<&T::time>("time", "When it was printed, UTC with milliseconds."),
      field<&T::instanceId>("instanceId", "Who printed it."),
      field<&T::requestId>("requestId", "For which request; empty = outside of any."),
      field<&T::text>("text", "The line; bytes that are not UTF-8 are replaced."),
      field<&T::versionId>("versionId", "Version of the function, or LATEST."),
  };
  static constexpr schema::Shape shape = schema::shape<T>("LogLine", fields);
  return shape;
}

const schema::Shape& shapeOf(const LogPage*) {
  using T = LogPage;
  static constexpr Field fields[] = {
      field<&T::records>("records", "In the order of their printing."),
      field<&T::next>("next", "The cursor to go on behind."),
  };
  static constexpr schema::Shape shape = schema::shape<T>("LogPage", fields);
  return shape;
}

Task<LogPage> readFunctionLogs(Context context, ReadFunctionLogs input) {
  co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  auto version = co_await versionWanted(context, input.serviceName, input.qualifier);
  auto records = co_await context.parts.logs.read({.accountId = context.account(),
                                                   .serviceName = input.serviceName,
                                                   .functionName = input.functionName,
                                                   .after = static_cast<std::uint64_t>(input.after),
                                                   .limit = static_cast<std::size_t>(input.limit),
                                                   .requestId = input.requestId,
                                                   .contains = input.contains,
                                                   .versionId = std::move(version),
                                                   .since = input.since.value_or(Time{}),
                                                   .wait = std::chrono::seconds(input.wait)});
  LogPage page{.records = {}, .next = input.after};
  for (observe::LogRecord& record : records) page.records.push_back(lineOf(std::move(record)));
  if (!page.records.empty()) page.next = page.records.back().cursor;
  co_return page;
}

}  // namespace openfc::api
