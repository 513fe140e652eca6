#include "api/tags.h"

#include "api/query.h"
#include "api/resource.h"
#include "base/encoding.h"
#include "base/error.h"
#include "model/keys.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

constexpr std::size_t maxArn = 512;
constexpr std::size_t scanned = 200;  // documents between two turns of other requests

template <auto member>
consteval Field resourceArn(In in) {
  return field<member>("resourceArn", "ARN of the service, whole or services/<name>.",
                       {.required = true, .maxLength = maxArn, .in = in});
}

/// The service that a request speaks of. Throws Error: no ARN of a service, another region's,
/// another account's.
model::ServiceArn serviceOf(const Context& context, const std::string& text) {
  const auto given = model::parseServiceArn(text);
  if (!given) {
    throw invalidArgument(fmt::format(
        "ResourceArn is set to an invalid value (allowed: "
        "acs:fc:<region>:<account>:services/<service> | services/<service>, actual: '{}')",
        text));
  }
  const std::string& region = context.settings().region;
  model::ServiceArn arn = model::completed(*given, region, context.account());
  if (arn.region != region) {
    throw invalidArgument(fmt::format(
        "ResourceArn names another region (allowed: {}, actual: '{}')", region, arn.region));
  }
  if (arn.account != context.account()) {
    throw Error(Code::accessDenied, "The service or function doesn't belong to you.");
  }
  return arn;
}

/// A service's tags as they were read; a service without tags has no document.
struct Found {
  std::string key;
  model::Tags value;
  store::Expect expect = store::Expect::absent();
};

/// Throws Error{serviceNotFound}.
Task<Found> find(Context context, std::string service) {
  co_await getService(context, service);
  Found found{.key = model::tagsKey(context.account(), service), .value = {}};
  if (const auto document = co_await context.parts.documents.find(found.key)) {
    found.value = model::fromDocument<model::Tags>(document->value);
    found.expect = store::Expect::at(document->revision);
  }
  co_return found;
}

/// Writes the tags as long as the service is there. False: somebody was faster.
Task<bool> write(Context context, std::string service, Found found) {
  std::vector<store::Operation> operations;
  operations.push_back(
      store::require(model::serviceKey(context.account(), service), store::Expect::present()));
  if (found.value.tags.empty()) {
    operations.push_back(store::erase(found.key, found.expect));
  } else {
    operations.push_back(store::put(found.key, model::toDocument(found.value), found.expect));
  }
  co_return (co_await commit(context, std::move(operations))).has_value();
}

bool matches(const model::Tags& tags, const TagFilters& filters) {
  return std::ranges::all_of(filters, [&tags](const auto& filter) {
    const auto found = tags.tags.find(filter.first);
    return found != tags.tags.end() && (filter.second.empty() || found->second == filter.second);
  });
}

}  // namespace

const Shape& shapeOf(const TagResource*) {
  using T = TagResource;
  static constexpr Field fields[] = {
      resourceArn<&T::resourceArn>(In::body),
      field<&T::tags>("tags", "Tags to add or overwrite; a service has at most 20.",
                      {.required = true,
                       .maxItems = model::maxTags,
                       .pattern = &model::tagValuePattern,
                       .keyPattern = &model::tagKeyPattern,
                       .keyLabel = "Tag key"}),
  };
  static constexpr Shape shape = schema::shape<T>("TagResource", fields);
  return shape;
}

const Shape& shapeOf(const UntagResource*) {
  using T = UntagResource;
  static constexpr Field fields[] = {
      resourceArn<&T::resourceArn>(In::body),
      field<&T::tagKeys>("tagKeys", "Keys of the tags to remove; needed unless all is true.",
                         {.maxItems = 100, .pattern = &model::tagKeyPattern}),
      field<&T::all>("all", "Whether every tag is removed."),
  };
  static constexpr Shape shape = schema::shape<T>("UntagResource", fields);
  return shape;
}

const Shape& shapeOf(const GetResourceTags*) {
  using T = GetResourceTags;
  static constexpr Field fields[] = {
      resourceArn<&T::resourceArn>(In::query),
  };
  static constexpr Shape shape = schema::shape<T>("GetResourceTags", fields);
  return shape;
}

const Shape& shapeOf(const TagReply*) {
  using T = TagReply;
  static constexpr Field fields[] = {
      field<&T::requestId>("requestId", "Id of the request."),
  };
  static constexpr Shape shape = schema::shape<T>("TagReply", fields);
  return shape;
}

const Shape& shapeOf(const ResourceTags*) {
  using T = ResourceTags;
  static constexpr Field fields[] = {
      field<&T::resourceArn>("resourceArn", "The service's whole ARN."),
      field<&T::tags>("tags", "All its tags."),
      field<&T::requestId>("requestId", "Id of the request."),
  };
  static constexpr Shape shape = schema::shape<T>("ResourceTags", fields);
  return shape;
}

Task<TagReply> tagResource(Context context, TagResource input) {
  const auto arn = serviceOf(context, input.resourceArn);
  if (input.tags.empty()) throw invalidArgument("tags must not be empty");
  for (;;) {
    Found found = co_await find(context, arn.service);
    for (const auto& [key, value] : input.tags) found.value.tags.insert_or_assign(key, value);
    if (found.value.tags.size() > model::maxTags)
      throw errorOf(Code::limitExceeded, {"tags", std::to_string(model::maxTags)});
    if (co_await write(context, arn.service, std::move(found)))
      co_return TagReply{context.call.requestId};
  }
}

Task<TagReply> untagResource(Context context, UntagResource input) {
  const auto arn = serviceOf(context, input.resourceArn);
  if (!input.all && input.tagKeys.empty())
    throw invalidArgument("tagKeys is required unless all is true");
  for (;;) {
    Found found = co_await find(context, arn.service);
    const model::Tags before = found.value;
    if (input.all) found.value.tags.clear();
    for (const std::string& key : input.tagKeys) found.value.tags.erase(key);
    if (found.value == before || co_await write(context, arn.service, std::move(found)))
      co_return TagReply{context.call.requestId};
  }
}

Task<ResourceTags> getResourceTags(Context context, GetResourceTags input) {
  const auto arn = serviceOf(context, input.resourceArn);
  Found found = co_await find(context, arn.service);
  co_return ResourceTags{.resourceArn = model::toText(arn),
                         .tags = std::move(found.value.tags),
                         .requestId = context.call.requestId};
}

TagFilters tagFilters(const http::Request& request) {
  constexpr std::string_view mark = "tag_";
  TagFilters out;
  for (const auto& [name, value] : Query(request.rawQuery()).all()) {
    if (name.size() > mark.size() && sameIgnoringCase(name.substr(0, mark.size()), mark))
      out.emplace_back(name.substr(mark.size()), value);
  }
  return out;
}

ServicePage continued(ServicePage page, std::string token) {
  page.nextToken = std::move(token);
  return page;
}

Task<ServicePage> listTagged(Context context, PageQuery query, TagFilters filters) {
  store::Documents& documents = context.parts.documents;
  const std::string all = model::tagsPrefix(context.account());
  const std::string& first = query.nextToken.empty() ? query.startKey : query.nextToken;
  std::string from = first.empty() ? std::string() : all + first;
  ServicePage out;
  for (;;) {
    const auto found = co_await documents.page(all + query.prefix, from, scanned);
    for (const store::Document& document : found) {
      auto tags = model::fromDocument<model::Tags>(document.value);
      if (!matches(tags, filters)) continue;
      std::string name = document.key.substr(all.size());
      const auto service = co_await documents.find(model::serviceKey(context.account(), name));
      if (!service) continue;  // deleted between the two reads
      if (out.services.size() == static_cast<std::size_t>(query.limit))
        co_return continued(std::move(out), std::move(name));
      out.services.push_back(
          {model::fromDocument<model::Service>(service->value), std::move(tags.tags)});
    }
    if (found.size() < scanned) co_return out;
    from = found.back().key + '\0';
    co_await sleepFor(context.parts.loop, Duration::zero());
  }
}

Task<ServicePage> withTags(Context context, ServicePage page) {
  if (page.services.empty()) co_return page;
  const std::string all = model::tagsPrefix(context.account());
  const auto found = co_await context.parts.documents.page(
      all, all + page.services.front().service.serviceName, page.services.size());
  auto service = page.services.begin();
  for (const store::Document& document : found) {
    const std::string_view name = std::string_view(document.key).substr(all.size());
    while (service != page.services.end() && service->service.serviceName < name) ++service;
    if (service == page.services.end()) break;
    if (service->service.serviceName == name)
      service->tags = model::fromDocument<model::Tags>(document.value).tags;
  }
  co_return page;
}

}  // namespace openfc::api
