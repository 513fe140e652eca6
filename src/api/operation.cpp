#include "api/operation.h"

#include "api/body.h"
#include "api/inline_code.h"
#include "api/query.h"
#include "base/error.h"
#include "schema/json.h"
#include "schema/read.h"
#include "schema/write.h"

#include <boost/json/value.hpp>

#include <fmt/core.h>

#include <algorithm>

namespace openfc::api {
namespace {

/// Bodies above this size are parsed on a worker thread, so that they do not hold up other
/// requests.
constexpr std::size_t parsedOnLoop = 64u << 10;
/// Room for everything in a request's JSON but its code.
constexpr std::size_t maxConfiguration = 1u << 20;

bool hasBodyRows(const schema::Shape& shape) {
  return std::ranges::any_of(shape.fields, [](const schema::Field& field) {
    return field.rules.in == schema::In::body && !field.rules.readOnly && !field.rules.stored;
  });
}

schema::Parameters parametersOf(const Context& context, const Query& query) {
  return [&context, &query](schema::In in, std::string_view name) -> std::optional<std::string> {
    if (in == schema::In::query) return query.find(name);
    if (in == schema::In::header) {
      const auto value = context.request().headers.find(name);
      return value ? std::optional(std::string(*value)) : std::nullopt;
    }
    const auto found = context.call.path.find(name);
    return found == context.call.path.end() ? std::nullopt : std::optional(found->second);
  };
}

void refuseQualifier(const Context& context) {
  const auto qualifier = context.call.path.find("qualifier");
  if (qualifier == context.call.path.end() || takesQualifier(*context.call.operation)) return;
  if (qualifier->second.empty() || qualifier->second == "LATEST") return;
  throw invalidArgument(fmt::format("{} takes no qualifier (allowed: LATEST, actual: '{}')",
                                    context.call.operation->name, qualifier->second));
}

/// An empty body stands for an object without members: what is required is then told by name.
void readJson(const schema::Shape& shape, void* input, const std::string& body,
              schema::Problems& problems) {
  const boost::json::value value =
      body.empty() ? boost::json::value(boost::json::object_kind) : schema::parseJson(body);
  schema::readBody(shape, input, value, schema::Source::client, problems);
}

void requireConfigurationSize(std::size_t size) {
  if (size > maxConfiguration)
    throw errorOf(Code::entityTooLarge, {std::to_string(maxConfiguration)});
}

/// Where a body is read to.
struct Target {
  const schema::Shape* shape;
  void* input;
  schema::Problems* problems;
};

/// From here on only the code is in memory, and nothing else that is large.
Task<> readLargeBody(Context context, std::string body, Target target) {
  const auto read = [&] {
    SplitBody split = splitBody(std::move(body), context.settings().maxInlineCode);
    requireConfigurationSize(split.json.size());
    readJson(*target.shape, target.input, split.json, *target.problems);
    context.call.code = std::move(split.zip);
  };
  co_await context.parts.workers.run(Lane::parse, context.account(), context.parts.loop, read);
}

Task<> readBody(Context context, Target target) {
  Call& call = context.call;
  if (!call.body) {
    Body received = co_await receiveBody(context, bodyLimit(context.settings()));
    call.body = std::move(received.bytes);
    call.bytes = std::move(received.share);
  }
  std::string body = std::exchange(call.body, std::nullopt).value_or(std::string());
  if (body.size() <= parsedOnLoop) {
    readJson(*target.shape, target.input, body, *target.problems);
  } else {
    co_await readLargeBody(context, std::move(body), target);
  }
  const std::size_t kept = call.code ? call.code->capacity() : 0;
  if (call.bytes && call.bytes->bytes() > kept) call.bytes->giveBack(call.bytes->bytes() - kept);
}

}  // namespace

std::size_t bodyLimit(const Settings& settings) {
  return settings.maxInlineCode / 3 * 4 + maxConfiguration;
}

std::string fullPath(const Operation& operation) {
  return (operation.outside ? "" : std::string(apiPrefix)) + std::string(operation.path);
}

bool readsBody(const Operation& operation) {
  return operation.method != "GET" && hasBodyRows(*operation.input());
}

bool changes(const Operation& operation) {
  if (operation.name == "InstanceExec") return true;
  if (operation.method == "GET") return operation.name.ends_with("BucketToken");
  return operation.name != "InvokeFunction";
}

bool takesQualifier(const Operation& operation) {
  return std::ranges::any_of(operation.input()->fields, [](const schema::Field& field) {
    return field.rules.in == schema::In::path && field.name == "qualifier";
  });
}

Task<> detail::readInput(Context context, const schema::Shape* shape, void* input) {
  schema::Problems problems;
  refuseQualifier(context);
  const Query query(context.request().rawQuery());
  schema::readParameters(*shape, input, parametersOf(context, query), problems);
  if (readsBody(*context.call.operation)) co_await readBody(context, {shape, input, &problems});
  problems.throwIfAny();
}

http::Response detail::replyWith(const Context& context, const schema::Shape& shape,
                                 const void* output) {
  http::Response response = jsonResponse(context.call.operation->status,
                                         schema::toText(shape, output, schema::Audience::client));
  schema::writeHeaders(shape, output, [&response](std::string_view name, std::string value) {
    response.headers.add(std::string(name), std::move(value));
  });
  return response;
}

}  // namespace openfc::api
