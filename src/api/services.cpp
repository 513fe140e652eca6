#include "api/services.h"

#include "api/authorize.h"
#include "api/resource.h"
#include "api/rows.h"
#include "api/tags.h"
#include "base/error.h"
#include "base/id.h"
#include "model/keys.h"

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::Shape;

ServiceReply reply(const Stored<model::Service>& service) {
  return {service.etag(), service.value};
}

/// The defaults put in, once the rules of the whole have been checked.
model::ServiceConfig checkedAndSettled(const Context& context, model::ServiceConfig config) {
  schema::Problems problems;
  check(config, problems);
  context.settings().attachments.check(context.account(), config, problems);
  problems.throwIfAny();
  return model::settled(std::move(config));
}

}  // namespace

const Shape& shapeOf(const CreateService*) {
  using T = CreateService;
  static constexpr Field fields[] = {
      nameInBody<&T::serviceName>("serviceName", "Name, unique in the account."),
      field<&T::config>("config", "Its configuration.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("CreateService", fields);
  return shape;
}

const Shape& shapeOf(const DeleteService*) {
  using T = DeleteService;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      ifMatch<&T::ifMatch>(),
  };
  static constexpr Shape shape = schema::shape<T>("DeleteService", fields);
  return shape;
}

const Shape& shapeOf(const UpdateService*) {
  using T = UpdateService;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      ifMatch<&T::ifMatch>(),
      field<&T::config>("config", "What changes; absent and null members stay as they are.",
                        {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("UpdateService", fields);
  return shape;
}

const Shape& shapeOf(const GetService*) {
  using T = GetService;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
  };
  static constexpr Shape shape = schema::shape<T>("GetService", fields);
  return shape;
}

const Shape& shapeOf(const ListServices*) {
  using T = ListServices;
  static constexpr Field fields[] = {
      field<&T::page>("page", "Which part of the list.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("ListServices", fields);
  return shape;
}

const Shape& shapeOf(const ServiceReply*) {
  using T = ServiceReply;
  static constexpr Field fields[] = {
      etag<&T::etag>(),
      field<&T::service>("service", "The service.", {.inlined = true}),
  };
  static constexpr Shape shape = schema::shape<T>("ServiceReply", fields);
  return shape;
}

const Shape& shapeOf(const ServiceItem*) {
  using T = ServiceItem;
  static constexpr Field fields[] = {
      field<&T::service>("service", "The service.", {.inlined = true}),
      field<&T::tags>("tags", "Its tags."),
  };
  static constexpr Shape shape = schema::shape<T>("ServiceItem", fields);
  return shape;
}

const Shape& shapeOf(const ServicePage*) {
  using T = ServicePage;
  static constexpr Field fields[] = {
      field<&T::services>("services", "Ascending by name."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("ServicePage", fields);
  return shape;
}

Task<ServiceReply> createService(Context context, CreateService input) {
  requirePassRole(context, input.config.role);
  model::Service service{.serviceName = input.serviceName, .serviceId = uuid()};
  service.config = checkedAndSettled(context, std::move(input.config));
  service.createdTime = service.lastModifiedTime = wholeSeconds(context.now());
  std::string key = model::serviceKey(context.account(), input.serviceName);
  std::vector<store::Operation> operations;
  operations.push_back(store::put(key, model::toDocument(service), store::Expect::absent()));
  const auto committed = co_await commit(context, std::move(operations));
  if (!committed) throw errorOf(Code::serviceAlreadyExists, {input.serviceName});
  co_return reply({std::move(service), std::move(key), *committed});
}

Task<> deleteService(Context context, DeleteService input) {
  const auto service = co_await getService(context, input.serviceName);
  checkIfMatch(input.ifMatch, service.etag());
  constexpr std::string_view contents[] = {"functions", "versions", "aliases"};
  const std::string& account = context.account();
  std::vector<store::Operation> operations;
  for (const std::string& prefix : {model::functionsPrefix(account, input.serviceName),
                                    model::versionsPrefix(account, input.serviceName),
                                    model::aliasesPrefix(account, input.serviceName)}) {
    operations.push_back(store::require(prefix, store::Expect::nothingUnder()));
  }
  operations.push_back(store::erase(service.key, store::Expect::at(service.revision)));
  operations.push_back(store::erase(model::functionCountKey(account, input.serviceName)));
  operations.push_back(store::erase(model::versionStateKey(account, input.serviceName)));
  operations.push_back(store::erase(model::tagsKey(account, input.serviceName)));
  operations.push_back(store::erase(model::provisionStateKey(account, input.serviceName)));
  operations.push_back(store::eraseUnder(model::vpcBindingsPrefix(account, input.serviceName)));
  const auto committed = co_await commit(context, std::move(operations));
  if (committed) co_return;
  const std::size_t refused = committed.error().operation;
  if (refused < std::size(contents))
    throw errorOf(Code::serviceNotEmpty, {input.serviceName, contents[refused]});
  throw lostRace(input.ifMatch);
}

Task<ServiceReply> updateService(Context context, UpdateService input) {
  auto service = co_await getService(context, input.serviceName);
  checkIfMatch(input.ifMatch, service.etag());
  const std::string role = service.value.config.role;
  input.config.applyTo(service.value.config);
  if (service.value.config.role != role) requirePassRole(context, service.value.config.role);
  service.value.config = checkedAndSettled(context, std::move(service.value.config));
  service.value.lastModifiedTime = wholeSeconds(context.now());
  std::vector<store::Operation> operations;
  operations.push_back(store::put(service.key, model::toDocument(service.value),
                                  store::Expect::at(service.revision)));
  const auto committed = co_await commit(context, std::move(operations));
  if (!committed) throw lostRace(input.ifMatch);
  service.revision = *committed;
  co_return reply(service);
}

Task<ServiceReply> getServiceState(Context context, GetService input) {
  co_return reply(co_await getService(context, input.serviceName, input.qualifier));
}

Task<ServicePage> listServices(Context context, ListServices input) {
  TagFilters filters = tagFilters(context.request());
  if (!filters.empty())
    co_return co_await listTagged(context, std::move(input.page), std::move(filters));
  Page found =
      co_await page(context, model::servicesPrefix(context.account()), std::move(input.page));
  ServicePage out{.services = {}, .nextToken = std::move(found.nextToken)};
  for (const store::Document& document : found.documents) {
    out.services.push_back({model::fromDocument<model::Service>(document.value), {}});
  }
  co_return co_await withTags(context, std::move(out));
}

}  // namespace openfc::api
