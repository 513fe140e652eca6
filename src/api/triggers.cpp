#include "api/triggers.h"

#include "api/download.h"
#include "api/operation.h"
#include "api/resource.h"
#include "base/error.h"
#include "base/id.h"
#include "model/custom_domain.h"
#include "model/keys.h"
#include "schema/json.h"

#include <boost/json/value.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <span>

namespace openfc::api {
namespace {

using model::Trigger;
using model::TriggerType;

constexpr std::string_view onlyOne =
    "an HTTP trigger is the only trigger of its function under a qualifier";

/// Times have whole seconds, in the store as on the wire.
Time seconds(Time time) { return std::chrono::floor<std::chrono::seconds>(time); }

const TriggerType& typeOf(const Trigger& trigger) {
  return *model::findTriggerType(trigger.triggerType);
}

/// "LATEST" stays as it was given, nothing and "" are null in answers.
std::optional<std::string> shown(std::optional<std::string> qualifier) {
  return qualifier && !qualifier->empty() ? std::move(qualifier) : std::nullopt;
}

TriggerItem item(const Context& context, Trigger trigger) {
  TriggerItem out{
      .trigger = std::move(trigger), .urlInternet = {}, .urlIntranet = {}, .domainName = {}};
  const Trigger& is = out.trigger;
  if (is.triggerType != model::httpTrigger) return out;
  const std::string base = baseUrl(context);
  const std::string_view host = std::string_view(base).substr(base.find("://") + 3);
  out.domainName = model::hostOf(host.substr(0, host.find('/')));
  out.urlInternet = out.urlIntranet =
      fmt::format("{}{}/proxy/{}{}{}/{}/", base, apiPrefix, is.serviceName, is.qualifier ? "." : "",
                  is.qualifier.value_or(""), is.functionName);
  return out;
}

TriggerReply reply(const Context& context, Stored<Trigger> stored) {
  std::string etag = stored.etag();
  return {std::move(etag), item(context, std::move(stored.value))};
}

/// A configuration as clients send it: an object, or the text of one (api-spec T-01).
schema::Json objectOf(const schema::Json& given) {
  const auto value = schema::parseJson(given.text);
  if (value.is_object()) return given;
  if (const auto* text = value.if_string()) {
    schema::Json inner{.text = std::string(text->data(), text->size())};
    if (schema::parseJson(inner.text).is_object()) return inner;
  }
  throw invalidArgument("triggerConfig must be an object");
}

void takeConfig(Trigger& trigger, const schema::Json* stored, const schema::Json& given) {
  schema::Problems problems;
  std::string merged = typeOf(trigger).merged(stored, objectOf(given), problems);
  problems.throwIfAny();
  trigger.triggerConfig.text = std::move(merged);
}

/// Timers and HTTP triggers have no source, whatever clients send (api-spec T-03).
void takeSource(const Context& context, Trigger& trigger, const CreateTrigger& input) {
  const TriggerType& type = typeOf(trigger);
  if (trigger.triggerType == model::eventBridgeTrigger)
    trigger.sourceArn = model::eventBridgeArn(trigger, context.settings().region);
  if (!type.fromSource) return;
  schema::Problems problems;
  if (!input.sourceArn) problems.add("sourceArn is required");
  if (!input.invocationRole) problems.add("invocationRole is required");
  if (input.sourceArn) {
    std::string problem = model::sourceProblem(type, *input.sourceArn, context.account());
    if (!problem.empty()) problems.add(std::move(problem));
  }
  problems.throwIfAny();
  trigger.sourceArn = input.sourceArn;
  trigger.invocationRole = input.invocationRole.value_or("");
}

Trigger newTrigger(const Context& context, const CreateTrigger& input) {
  Trigger trigger{.triggerName = input.triggerName,
                  .triggerId = uuid(),
                  .description = input.description,
                  .triggerType = input.triggerType,
                  .triggerConfig = {},
                  .sourceArn = {},
                  .invocationRole = {},
                  .qualifier = shown(input.qualifier),
                  .createdTime = seconds(context.now()),
                  .lastModifiedTime = seconds(context.now()),
                  .accountId = context.account(),
                  .serviceName = input.serviceName,
                  .functionName = input.functionName};
  takeConfig(trigger, nullptr, input.triggerConfig);
  takeSource(context, trigger, input);
  return trigger;
}

/// Throws unless there is what the trigger calls, and its function, which it goes with.
Task<> checkFunction(Context context, Trigger trigger) {
  co_await getFunction(context, trigger.serviceName, trigger.qualifier.value_or(""),
                       trigger.functionName);
  co_await getFunction(context, trigger.serviceName, trigger.functionName);
}

/// Throws what stands in the way of one more trigger of the function: its name is taken, an HTTP
/// trigger and any other exclude each other, or there are as many as there may be.
void checkRoom(const Context& context, const std::vector<store::Document>& there,
               const Trigger& trigger) {
  const std::size_t limit = context.settings().maxTriggersPerFunction;
  const bool http = trigger.triggerType == model::httpTrigger;
  const std::string key = model::triggerKey(trigger);
  const auto named = [&](const store::Document& one) { return one.key == key; };
  if (std::ranges::any_of(there, named))
    throw errorOf(Code::triggerAlreadyExists, {trigger.triggerName});
  for (const store::Document& document : there) {
    const auto other = model::fromDocument<Trigger>(document.value);
    const bool otherHttp = other.triggerType == model::httpTrigger;
    if (http != otherHttp)
      throw invalidArgument("a function has either HTTP triggers or triggers of other types");
    if (http && model::triggerSourceKey(other) == model::triggerSourceKey(trigger))
      throw invalidArgument(std::string(onlyOne));
  }
  if (there.size() >= limit)
    throw errorOf(Code::limitExceeded, {"triggers", std::to_string(limit)});
}

/// Commits until no other creation on the function came between; each round somebody's write was
/// done.
Task<store::Revision> add(Context context, Trigger trigger) {
  store::Documents& documents = context.parts.documents;
  const std::string countKey =
      model::triggerCountKey(trigger.accountId, trigger.serviceName, trigger.functionName);
  const std::string function =
      model::functionKey(trigger.accountId, trigger.serviceName, trigger.functionName);
  const std::string text = model::toDocument(trigger);
  for (;;) {
    co_await checkFunction(context, trigger);
    const auto count = co_await documents.find(countKey);
    checkRoom(context,
              co_await documents.page(model::triggersPrefix(trigger.accountId, trigger.serviceName,
                                                            trigger.functionName),
                                      "", context.settings().maxTriggersPerFunction + 1),
              trigger);
    std::vector<store::Operation> operations;
    operations.push_back(store::require(function, store::Expect::present()));
    operations.push_back(store::put(
        countKey, "{}", count ? store::Expect::at(count->revision) : store::Expect::absent()));
    operations.push_back(store::put(model::triggerKey(trigger), text, store::Expect::absent()));
    operations.push_back(
        store::put(model::triggerSourceKey(trigger), text, store::Expect::absent()));
    const auto committed = co_await commit(context, std::move(operations));
    if (committed) co_return *committed;
  }
}

/// Throws Error{serviceNotFound, functionNotFound, triggerNotFound}.
Task<Stored<Trigger>> find(Context context, std::string service, std::string function,
                           std::string trigger) {
  auto document = co_await context.parts.documents.find(
      model::triggersPrefix(context.account(), service, function) + trigger);
  if (!document) {
    co_await getFunction(context, service, function);  // what is missing is told from the top
    throw errorOf(Code::triggerNotFound, {trigger, function, service});
  }
  co_return Stored<Trigger>{model::fromDocument<Trigger>(document->value), std::move(document->key),
                            document->revision};
}

void checkSame(const SameTrigger& same, const Trigger& trigger) {
  const auto check = [](std::string_view name, const std::optional<std::string>& given,
                        const std::string& is) {
    if (given && *given != is) throw invalidArgument(fmt::format("{} cannot be changed", name));
  };
  check("triggerName", same.triggerName, trigger.triggerName);
  check("triggerType", same.triggerType, trigger.triggerType);
  if (typeOf(trigger).fromSource)
    check("sourceArn", same.sourceArn, trigger.sourceArn.value_or(""));
}

/// The trigger as the update leaves it. Throws Error{invalidArgument}.
Trigger changed(const Context& context, const Trigger& trigger, UpdateTrigger input) {
  checkSame(input.same, trigger);
  Trigger out = trigger;
  if (!typeOf(trigger).changeable) throw invalidArgument("Updating trigger is not supported yet.");
  if (input.triggerConfig) takeConfig(out, &trigger.triggerConfig, *input.triggerConfig);
  if (input.qualifier) out.qualifier = shown(std::move(input.qualifier));
  if (input.description) out.description = std::move(*input.description);
  if (input.invocationRole && typeOf(trigger).fromSource)
    out.invocationRole = std::move(*input.invocationRole);
  if (out.triggerType == model::eventBridgeTrigger)
    out.sourceArn = model::eventBridgeArn(out, context.settings().region);
  out.lastModifiedTime = seconds(context.now());
  return out;
}

}  // namespace

Task<TriggerReply> createTrigger(Context context, CreateTrigger input) {
  Trigger trigger = newTrigger(context, input);
  const auto revision = co_await add(context, trigger);
  std::string key = model::triggerKey(trigger);
  co_return reply(context, {std::move(trigger), std::move(key), revision});
}

Task<> deleteTrigger(Context context, DeleteTrigger input) {
  const auto trigger =
      co_await find(context, input.serviceName, input.functionName, input.triggerName);
  checkIfMatch(input.ifMatch, trigger.etag());
  std::vector<store::Operation> operations;
  operations.push_back(store::erase(trigger.key, store::Expect::at(trigger.revision)));
  operations.push_back(store::erase(model::triggerSourceKey(trigger.value)));
  if (!co_await commit(context, std::move(operations))) throw lostRace(input.ifMatch);
}

Task<TriggerReply> updateTrigger(Context context, UpdateTrigger input) {
  auto trigger = co_await find(context, input.serviceName, input.functionName, input.triggerName);
  const std::string ifMatch = input.ifMatch;
  Trigger out = changed(context, trigger.value, std::move(input));
  if (out.qualifier != trigger.value.qualifier) co_await checkFunction(context, out);
  checkIfMatch(ifMatch, trigger.etag());
  const std::string text = model::toDocument(out);
  const std::string before = model::triggerSourceKey(trigger.value);
  const std::string after = model::triggerSourceKey(out);
  std::vector<store::Operation> operations;
  operations.push_back(store::put(trigger.key, text, store::Expect::at(trigger.revision)));
  operations.push_back(store::put(
      after, text, after == before ? store::Expect::anything() : store::Expect::absent()));
  if (after != before) operations.push_back(store::erase(before));
  const auto committed = co_await commit(context, std::move(operations));
  if (!committed && committed.error().operation == 1) throw invalidArgument(std::string(onlyOne));
  if (!committed) throw lostRace(ifMatch);
  co_return reply(context, {std::move(out), std::move(trigger.key), *committed});
}

Task<TriggerReply> getTrigger(Context context, GetTrigger input) {
  co_return reply(
      context, co_await find(context, std::move(input.serviceName), std::move(input.functionName),
                             std::move(input.triggerName)));
}

Task<TriggerPage> listTriggers(Context context, ListTriggers input) {
  co_await getFunction(context, input.serviceName, input.functionName);
  Page found = co_await page(
      context, model::triggersPrefix(context.account(), input.serviceName, input.functionName),
      std::move(input.page));
  TriggerPage out{.triggers = {}, .nextToken = std::move(found.nextToken)};
  for (const store::Document& document : found.documents)
    out.triggers.push_back(item(context, model::fromDocument<Trigger>(document.value)));
  co_return out;
}

}  // namespace openfc::api
