#include "api/async_configs.h"

#include "api/resource.h"
#include "api/rows.h"
#include "base/error.h"
#include "model/keys.h"

#include <fmt/core.h>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

constexpr std::size_t scanned = 200;  // documents between two turns of other requests

AsyncConfigReply reply(model::AsyncConfig config) {
  AsyncConfigReply out{.config = std::move(config), .service = {}, .function = {}};
  out.service = out.config.serviceName;
  out.function = out.config.functionName;
  return out;
}

Task<std::optional<Stored<model::AsyncConfig>>> find(Context context, std::string key) {
  auto document = co_await context.parts.documents.find(std::move(key));
  if (!document) co_return std::nullopt;
  co_return Stored<model::AsyncConfig>{model::fromDocument<model::AsyncConfig>(document->value),
                                       std::move(document->key), document->revision};
}

/// Throws what stands in the way of a deletion: there is no such service, function or
/// configuration. A qualifier that names nothing has no configuration either.
Task<> refuseMissing(Context context, NamedAsyncConfig input) {
  try {
    co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  } catch (const Error& error) {
    if (error.code() != Code::versionNotFound && error.code() != Code::aliasNotFound) throw;
  }
  throw errorOf(Code::asyncConfigNotExists, {input.functionName});
}

template <auto member>
consteval Field limit() {
  return field<member>("limit", "Items of a page at most.",
                       {.min = 1, .max = 100, .in = In::query});
}

void add(AsyncConfigPage& page, model::AsyncConfig config) {
  if (!page.configs) page.configs.emplace();
  page.configs->push_back(reply(std::move(config)));
}

StatefulFunctionPage continued(StatefulFunctionPage page, std::string token) {
  page.nextToken = std::move(token);
  return page;
}

}  // namespace

const Shape& shapeOf(const PutAsyncConfig*) {
  using T = PutAsyncConfig;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      field<&T::settings>("settings", "What is set; absent and null members stay as they are.",
                          {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("PutFunctionAsyncInvokeConfig", fields);
  return shape;
}

const Shape& shapeOf(const NamedAsyncConfig*) {
  using T = NamedAsyncConfig;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
  };
  static constexpr Shape shape = schema::shape<T>("NamedAsyncConfig", fields);
  return shape;
}

const Shape& shapeOf(const ListAsyncConfigs*) {
  using T = ListAsyncConfigs;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      limit<&T::limit>(),
      field<&T::nextToken>("nextToken", "The qualifier where the page begins.",
                           {.maxLength = model::maxName, .in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("ListFunctionAsyncInvokeConfigs", fields);
  return shape;
}

const Shape& shapeOf(const AsyncConfigReply*) {
  using T = AsyncConfigReply;
  static constexpr Field fields[] = {
      field<&T::config>("config", "The configuration.", {.inlined = true}),
      field<&T::service>("service", "The service."),
      field<&T::function>("function", "The function."),
  };
  static constexpr Shape shape = schema::shape<T>("AsyncInvokeConfig", fields);
  return shape;
}

const Shape& shapeOf(const AsyncConfigPage*) {
  using T = AsyncConfigPage;
  static constexpr Field fields[] = {
      field<&T::configs>("configs", "Ascending by qualifier; null when there are none."),
      field<&T::nextToken>("nextToken", "The next qualifier; empty at the end."),
  };
  static constexpr Shape shape = schema::shape<T>("AsyncConfigPage", fields);
  return shape;
}

const Shape& shapeOf(const ListStatefulFunctions*) {
  using T = ListStatefulFunctions;
  static constexpr Field fields[] = {
      limit<&T::limit>(),
      field<&T::nextToken>("nextToken", "Where the page begins.",
                           {.maxLength = 3 * model::maxName + 2, .in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("ListStatefulFunctions", fields);
  return shape;
}

const Shape& shapeOf(const StatefulFunction*) {
  using T = StatefulFunction;
  static constexpr Field fields[] = {
      field<&T::serviceName>("serviceName", "The service."),
      field<&T::functionName>("functionName", "The function."),
      field<&T::qualifier>("qualifier", "LATEST, a version or an alias."),
  };
  static constexpr Shape shape = schema::shape<T>("StatefulFunction", fields);
  return shape;
}

const Shape& shapeOf(const StatefulFunctionPage*) {
  using T = StatefulFunctionPage;
  static constexpr Field fields[] = {
      field<&T::data>("data", "Functions whose asynchronous runs have records."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("StatefulFunctionPage", fields);
  return shape;
}

Task<AsyncConfigReply> putAsyncConfig(Context context, PutAsyncConfig input) {
  const std::string qualifier = shownQualifier(input.qualifier);
  const std::string key =
      model::asyncConfigKey(context.account(), input.serviceName, qualifier, input.functionName);
  for (;;) {
    co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
    auto stored = co_await find(context, key);
    const Time now = wholeSeconds(context.now());
    model::AsyncConfig config = stored ? std::move(stored->value)
                                       : model::AsyncConfig{.serviceName = input.serviceName,
                                                            .functionName = input.functionName,
                                                            .qualifier = qualifier,
                                                            .settings = {},
                                                            .createdTime = now,
                                                            .lastModifiedTime = now};
    input.settings.applyTo(config.settings);
    config.lastModifiedTime = now;
    std::vector<store::Operation> operations;
    operations.push_back(
        store::require(ownerKey(context, input.serviceName, input.qualifier, input.functionName),
                       store::Expect::present()));
    operations.push_back(
        store::put(key, model::toDocument(config),
                   stored ? store::Expect::at(stored->revision) : store::Expect::absent()));
    if (co_await commit(context, std::move(operations))) co_return reply(std::move(config));
  }
}

Task<> deleteAsyncConfig(Context context, NamedAsyncConfig input) {
  std::vector<store::Operation> operations;
  operations.push_back(
      store::erase(model::asyncConfigKey(context.account(), input.serviceName,
                                         shownQualifier(input.qualifier), input.functionName),
                   store::Expect::present()));
  if (co_await commit(context, std::move(operations))) co_return;
  co_await refuseMissing(context, std::move(input));
}

Task<AsyncConfigReply> getAsyncConfig(Context context, NamedAsyncConfig input) {
  co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  auto stored = co_await find(
      context, model::asyncConfigKey(context.account(), input.serviceName,
                                     shownQualifier(input.qualifier), input.functionName));
  if (!stored) throw errorOf(Code::asyncConfigNotExists, {input.functionName});
  co_return reply(std::move(stored->value));
}

/// Keys stand in the order of qualifiers first: from each qualifier that has configurations the
/// search goes to this function's place, and from there to the next qualifier.
Task<AsyncConfigPage> listAsyncConfigs(Context context, ListAsyncConfigs input) {
  co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  const std::string all = model::asyncConfigsPrefix(context.account(), input.serviceName);
  AsyncConfigPage out;
  if (!input.qualifier.empty()) {
    auto one = co_await find(context, model::asyncConfigKey(context.account(), input.serviceName,
                                                            input.qualifier, input.functionName));
    if (one) add(out, std::move(one->value));
    co_return out;
  }
  std::string from = input.nextToken.empty() ? std::string() : all + input.nextToken + ",";
  for (;;) {
    const auto next = co_await context.parts.documents.page(all, from, 1);
    if (next.empty()) co_return out;
    const std::string qualifier =
        next[0].key.substr(all.size(), next[0].key.find(',', all.size()) - all.size());
    const std::string key =
        model::asyncConfigKey(context.account(), input.serviceName, qualifier, input.functionName);
    auto stored = co_await find(context, key);
    if (stored && out.configs && out.configs->size() == static_cast<std::size_t>(input.limit)) {
      out.nextToken = qualifier;
      co_return out;
    }
    if (stored) add(out, std::move(stored->value));
    from = all + qualifier + '-';  // the byte behind the comma
  }
}

Task<StatefulFunctionPage> listStatefulFunctions(Context context, ListStatefulFunctions input) {
  const std::string all = model::asyncConfigsPrefix(context.account());
  std::string from = input.nextToken.empty() ? std::string() : all + input.nextToken;
  StatefulFunctionPage out;
  for (;;) {
    const auto found = co_await context.parts.documents.page(all, from, scanned);
    for (const store::Document& document : found) {
      auto config = model::fromDocument<model::AsyncConfig>(document.value);
      if (!config.settings.statefulInvocation) continue;
      if (out.data.size() == static_cast<std::size_t>(input.limit))
        co_return continued(std::move(out), document.key.substr(all.size()));
      out.data.push_back({std::move(config.serviceName), std::move(config.functionName),
                          std::move(config.qualifier)});
    }
    if (found.size() < scanned) co_return out;
    from = found.back().key + '\0';
    co_await sleepFor(context.parts.loop, Duration::zero());
  }
}

}  // namespace openfc::api
