#include "api/provision_configs.h"

#include "api/resource.h"
#include "api/rows.h"
#include "base/error.h"
#include "model/keys.h"

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

constexpr std::size_t scanned = 200;  // documents between two turns of other requests

/// A configuration as it stands, or as it would begin: then its revision is 0.
using Provision = Stored<model::ProvisionConfig>;

template <auto member>
consteval Field requiredQualifier() {
  return field<member>("qualifier",
                       "Version, alias or LATEST, behind the service's name and a dot.",
                       {.required = true, .maxLength = model::maxName, .in = In::path});
}

Task<Provision> find(Context context, GetProvisionConfig name) {
  std::string key =
      model::provisionKey(context.account(), name.serviceName, name.qualifier, name.functionName);
  const auto document = co_await context.parts.documents.find(key);
  if (!document) {
    co_return Provision{{.serviceName = std::move(name.serviceName),
                         .functionName = std::move(name.functionName),
                         .qualifier = std::move(name.qualifier)},
                        std::move(key),
                        0};
  }
  co_return Provision{model::fromDocument<model::ProvisionConfig>(document->value), std::move(key),
                      document->revision};
}

ProvisionItem itemOf(const Context& context, const std::string& key,
                     model::ProvisionConfig config) {
  const auto state = context.parts.instances == nullptr
                         ? invoke::ProvisionState{.target = config.target}
                         : context.parts.instances->provisioned(key);
  return {.resource = model::resourceOf(context.account(), config),
          .target = state.target,
          .current = state.current,
          .settings = std::move(config.settings),
          .currentError = state.error};
}

ProvisionReply reply(const Context& context, Provision provision) {
  std::string etag = provision.etag();
  return {std::move(etag), itemOf(context, provision.key, std::move(provision.value))};
}

/// Whether the request leaves nothing that could ever ask for an instance.
bool removes(const PutProvisionConfig& input) {
  const model::ProvisionSettings& settings = input.settings.value;
  return input.target == 0 && settings.scheduledActions.empty() &&
         settings.targetTrackingPolicies.empty();
}

/// What the configuration will be.
model::ProvisionConfig changed(const PutProvisionConfig& input, model::ProvisionConfig config,
                               Time now) {
  if (removes(input)) {
    config.settings = {};
  } else {
    input.settings.applyTo(config.settings);
  }
  config.target = input.target;
  config.targetTime = now;
  return config;
}

std::vector<store::Operation> writeOf(const Context& context, const PutProvisionConfig& input,
                                      const Provision& before,
                                      const model::ProvisionConfig& after) {
  const auto expected =
      before.revision == 0 ? store::Expect::absent() : store::Expect::at(before.revision);
  std::vector<store::Operation> operations;
  operations.push_back(
      store::require(ownerKey(context, input.serviceName, input.qualifier, input.functionName),
                     store::Expect::present()));
  operations.push_back(
      store::put(model::provisionStateKey(context.account(), input.serviceName), "{}"));
  if (!removes(input)) {
    operations.push_back(store::put(before.key, model::toDocument(after), expected));
  } else if (before.revision != 0) {
    operations.push_back(store::erase(before.key, expected));
  } else {
    operations.push_back(store::require(before.key, expected));
  }
  return operations;
}

/// Which part of the account's configurations a list is about.
std::string prefixOf(const Context& context, const ListProvisionConfigs& input) {
  const std::string& account = context.account();
  if (input.serviceName.empty()) return model::provisionsPrefix(account);
  if (input.qualifier.empty()) return model::provisionsPrefix(account, input.serviceName);
  return model::provisionsPrefix(account, input.serviceName, input.qualifier);
}

}  // namespace

const Shape& shapeOf(const PutProvisionConfig*) {
  using T = PutProvisionConfig;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      requiredQualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      ifMatch<&T::ifMatch>(),
      field<&T::target>("target",
                        "Provisioned instances; 0 without schedule and policies removes the rest.",
                        {.required = true, .min = 0, .max = double{model::maxProvisionTarget}}),
      field<&T::settings>("settings", "What is set; absent and null members stay as they are.",
                          {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("PutProvisionConfig", fields);
  return shape;
}

const Shape& shapeOf(const GetProvisionConfig*) {
  using T = GetProvisionConfig;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      requiredQualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
  };
  static constexpr Shape shape = schema::shape<T>("GetProvisionConfig", fields);
  return shape;
}

const Shape& shapeOf(const ListProvisionConfigs*) {
  using T = ListProvisionConfigs;
  static constexpr Field fields[] = {
      field<&T::limit>("limit", "Items of a page at most.",
                       {.min = 1, .max = 100, .in = In::query}),
      field<&T::nextToken>("nextToken", "Where the page before ended.",
                           {.maxLength = 1024, .in = In::query}),
      field<&T::serviceName>(
          "serviceName", "Only this service.",
          {.maxLength = model::maxName, .pattern = &model::namePattern, .in = In::query}),
      field<&T::qualifier>("qualifier", "Only this qualifier of the service.",
                           {.maxLength = model::maxName, .in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("ListProvisionConfigs", fields);
  return shape;
}

const Shape& shapeOf(const ProvisionItem*) {
  using T = ProvisionItem;
  static constexpr Field fields[] = {
      field<&T::resource>("resource", "Account, service, qualifier and function, with # between."),
      field<&T::target>("target", "Provisioned instances that there should be."),
      field<&T::current>("current", "Provisioned instances that there are."),
      field<&T::settings>("settings", "What was set.", {.inlined = true}),
      field<&T::currentError>("currentError", "Why there are fewer than there should be.",
                              {.omitNull = true}),
  };
  static constexpr Shape shape = schema::shape<T>("ProvisionConfig", fields);
  return shape;
}

const Shape& shapeOf(const ProvisionReply*) {
  using T = ProvisionReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::item>("item", "The configuration.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("ProvisionReply", fields);
  return shape;
}

const Shape& shapeOf(const ProvisionPage*) {
  using T = ProvisionPage;
  static constexpr Field fields[] = {
      field<&T::provisionConfigs>("provisionConfigs",
                                  "Ascending by service, qualifier and function."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("ProvisionPage", fields);
  return shape;
}

Task<ProvisionReply> putProvisionConfig(Context context, PutProvisionConfig input) {
  schema::Problems problems;
  check(input.settings.value, problems);
  problems.throwIfAny();
  for (;;) {
    co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
    Provision provision =
        co_await find(context, {input.serviceName, input.qualifier, input.functionName});
    auto config = changed(input, provision.value, context.now());
    checkIfMatch(input.ifMatch, provision.etag());
    const auto committed = co_await commit(context, writeOf(context, input, provision, config));
    if (!committed) {
      if (!input.ifMatch.empty()) throw lostRace(input.ifMatch);
      continue;
    }
    provision.value = std::move(config);
    provision.revision = removes(input) ? 0 : *committed;
    auto out = reply(context, std::move(provision));
    out.item.target = input.target;  // a schedule takes effect behind the answer
    co_return out;
  }
}

Task<ProvisionReply> getProvisionConfig(Context context, GetProvisionConfig input) {
  co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  co_return reply(context, co_await find(context, std::move(input)));
}

Task<ProvisionPage> listProvisionConfigs(Context context, ListProvisionConfigs input) {
  if (input.serviceName.empty() && !input.qualifier.empty())
    throw invalidArgument("qualifier needs serviceName");
  if (!input.serviceName.empty()) co_await getService(context, input.serviceName);
  const std::string prefix = prefixOf(context, input);
  const std::string all = model::provisionsPrefix(context.account());
  const auto limit = static_cast<std::size_t>(input.limit);
  auto found = co_await context.parts.documents.page(
      prefix, input.nextToken.empty() ? std::string() : all + input.nextToken, limit + 1);
  ProvisionPage out;
  if (found.size() > limit) {
    out.nextToken = found.back().key.substr(all.size());
    found.pop_back();
  }
  for (store::Document& document : found) {
    auto config = model::fromDocument<model::ProvisionConfig>(document.value);
    out.provisionConfigs.push_back(itemOf(context, document.key, std::move(config)));
  }
  co_return out;
}

Task<store::Operation> requireNotProvisioned(Context context, std::string service,
                                             std::string function) {
  store::Documents& documents = context.parts.documents;
  const std::string stateKey = model::provisionStateKey(context.account(), service);
  const auto state = co_await documents.find(stateKey);
  const std::string all = model::provisionsPrefix(context.account(), service);
  std::string from;
  while (state) {
    const auto found = co_await documents.page(all, from, scanned);
    for (const store::Document& document : found) {
      if (document.key.ends_with(',' + function))
        throw errorOf(Code::provisionConfigExist, {function});
    }
    if (found.size() < scanned) break;
    from = found.back().key + '\0';
  }
  co_return store::require(stateKey,
                           state ? store::Expect::at(state->revision) : store::Expect::absent());
}

}  // namespace openfc::api
