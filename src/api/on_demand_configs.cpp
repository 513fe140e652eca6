#include "api/on_demand_configs.h"

#include "api/page.h"
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

using OnDemand = Stored<model::OnDemandConfig>;

template <class Named>
std::string resourceNamed(const Named& input) {
  return model::onDemandResource(input.serviceName, shownQualifier(input.qualifier),
                                 input.functionName);
}

Task<std::optional<OnDemand>> find(Context context, std::string resource) {
  auto document =
      co_await context.parts.documents.find(model::onDemandKey(context.account(), resource));
  if (!document) co_return std::nullopt;
  co_return OnDemand{model::fromDocument<model::OnDemandConfig>(document->value),
                     std::move(document->key), document->revision};
}

/// Throws Error{onDemandConfigNotFound}.
Task<OnDemand> get(Context context, std::string resource) {
  auto found = co_await find(context, resource);
  if (!found) throw errorOf(Code::onDemandConfigNotFound, {resource});
  co_return std::move(*found);
}

OnDemandItem itemOf(const model::OnDemandConfig& config) {
  return {resourceNamed(config), config.maximumInstanceCount};
}

OnDemandReply reply(const OnDemand& stored) { return {stored.etag(), itemOf(stored.value)}; }

/// One function gets at most nine tenths of what the account may run at a time.
void checkCount(const Context& context, std::int64_t count) {
  const auto most = static_cast<std::int64_t>(context.settings().maxConcurrency * 9 / 10);
  if (count <= most) return;
  throw invalidArgument(
      fmt::format("maximumInstanceCount must be between 0 and {} (actual: {})", most, count));
}

template <class T>
consteval Field qualified() {
  return qualifier<&T::qualifier>();
}

}  // namespace

const Shape& shapeOf(const PutOnDemandConfig*) {
  using T = PutOnDemandConfig;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualified<T>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      ifMatch<&T::ifMatch>(),
      field<&T::maximumInstanceCount>(
          "maximumInstanceCount",
          "Instances that may be started on demand; at most nine tenths of the account's limit.",
          {.required = true, .min = 0}),
  };
  static constexpr Shape shape = schema::shape<T>("PutFunctionOnDemandConfig", fields);
  return shape;
}

const Shape& shapeOf(const GetOnDemandConfig*) {
  using T = GetOnDemandConfig;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualified<T>(),
      nameInPath<&T::functionName>("functionName", "The function."),
  };
  static constexpr Shape shape = schema::shape<T>("GetFunctionOnDemandConfig", fields);
  return shape;
}

const Shape& shapeOf(const DeleteOnDemandConfig*) {
  using T = DeleteOnDemandConfig;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualified<T>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      ifMatch<&T::ifMatch>(),
  };
  static constexpr Shape shape = schema::shape<T>("DeleteFunctionOnDemandConfig", fields);
  return shape;
}

const Shape& shapeOf(const ListOnDemandConfigs*) {
  using T = ListOnDemandConfigs;
  static constexpr Field fields[] = {
      field<&T::limit>("limit", "Items of a page at most.",
                       {.min = 1, .max = 100, .in = In::query}),
      field<&T::nextToken>("nextToken", "Where the page before ended; replaces startKey.",
                           {.maxLength = 1024, .in = In::query}),
      field<&T::prefix>("prefix", "Only resources that begin so.",
                        {.maxLength = 1024, .in = In::query}),
      field<&T::startKey>("startKey", "Only resources that are not before this one.",
                          {.maxLength = 1024, .in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("ListOnDemandConfigs", fields);
  return shape;
}

const Shape& shapeOf(const OnDemandItem*) {
  using T = OnDemandItem;
  static constexpr Field fields[] = {
      field<&T::resource>("resource", "services/{service}.{qualifier}/functions/{function}."),
      field<&T::maximumInstanceCount>("maximumInstanceCount",
                                      "Instances that may be started on demand."),
  };
  static constexpr Shape shape = schema::shape<T>("OnDemandConfig", fields);
  return shape;
}

const Shape& shapeOf(const OnDemandReply*) {
  using T = OnDemandReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::item>("item", "The configuration.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("OnDemandReply", fields);
  return shape;
}

const Shape& shapeOf(const OnDemandPage*) {
  using T = OnDemandPage;
  static constexpr Field fields[] = {
      field<&T::configs>("configs", "Ascending by resource; null when there are none."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("OnDemandPage", fields);
  return shape;
}

Task<OnDemandReply> putOnDemandConfig(Context context, PutOnDemandConfig input) {
  checkCount(context, input.maximumInstanceCount);
  const std::string resource = resourceNamed(input);
  const std::string key = model::onDemandKey(context.account(), resource);
  model::OnDemandConfig config{.serviceName = input.serviceName,
                               .functionName = input.functionName,
                               .qualifier = shownQualifier(input.qualifier),
                               .maximumInstanceCount = input.maximumInstanceCount};
  auto expected = store::Expect::anything();
  if (!input.ifMatch.empty()) {
    const auto stored = co_await find(context, resource);
    checkIfMatch(input.ifMatch, stored ? stored->etag() : etagOf(key, 0));
    expected = stored ? store::Expect::at(stored->revision) : store::Expect::absent();
  }
  std::vector<store::Operation> operations;
  operations.push_back(store::put(key, model::toDocument(config), expected));
  const auto committed = co_await commit(context, std::move(operations));
  if (!committed) throw lostRace(input.ifMatch);
  co_return reply({std::move(config), key, *committed});
}

Task<OnDemandReply> getOnDemandConfig(Context context, GetOnDemandConfig input) {
  co_return reply(co_await get(context, resourceNamed(input)));
}

Task<> deleteOnDemandConfig(Context context, DeleteOnDemandConfig input) {
  const OnDemand stored = co_await get(context, resourceNamed(input));
  checkIfMatch(input.ifMatch, stored.etag());
  std::vector<store::Operation> operations;
  operations.push_back(store::erase(stored.key, input.ifMatch.empty()
                                                    ? store::Expect::anything()
                                                    : store::Expect::at(stored.revision)));
  if (!co_await commit(context, std::move(operations))) throw lostRace(input.ifMatch);
}

Task<OnDemandPage> listOnDemandConfigs(Context context, ListOnDemandConfigs input) {
  Page found = co_await page(context, model::onDemandPrefix(context.account()),
                             {.limit = input.limit,
                              .nextToken = std::move(input.nextToken),
                              .prefix = std::move(input.prefix),
                              .startKey = std::move(input.startKey)});
  OnDemandPage out{.configs = std::nullopt, .nextToken = std::move(found.nextToken)};
  for (const store::Document& document : found.documents) {
    if (!out.configs) out.configs.emplace();
    out.configs->push_back(itemOf(model::fromDocument<model::OnDemandConfig>(document.value)));
  }
  co_return out;
}

}  // namespace openfc::api
