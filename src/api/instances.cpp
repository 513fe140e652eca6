#include "api/instances.h"

#include "api/operation.h"
#include "api/query.h"
#include "api/resource.h"
#include "api/rows.h"
#include "base/encoding.h"
#include "base/error.h"
#include "model/alias.h"
#include "model/keys.h"
#include "model/names.h"
#include "schema/json.h"
#include "schema/write.h"

#include <boost/json/value.hpp>

#include <algorithm>
#include <set>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

constexpr std::string_view idsParameter = "instanceIds";
constexpr std::size_t defaultLimit = 20;
constexpr int deepestArray = 3;

/// Ids of one value of the parameter: one, several with commas between, or a JSON array, whose
/// items may be such texts again (api-spec I-02).
void addIds(std::string_view text, std::set<std::string>& ids, int depth = 0) {
  if (!text.starts_with('[')) {
    while (!text.empty()) {
      const std::string_view id = text.substr(0, text.find(','));
      if (!id.empty()) ids.emplace(id);
      text.remove_prefix(std::min(id.size() + 1, text.size()));
    }
    return;
  }
  const auto value = schema::parseJson(text);
  const auto* items = value.if_array();
  if (items == nullptr || depth == deepestArray)
    throw invalidArgument("instanceIds must be a list of strings");
  for (const auto& item : *items) {
    const auto* id = item.if_string();
    if (id == nullptr) throw invalidArgument("instanceIds must be a list of strings");
    addIds({id->data(), id->size()}, ids, depth + 1);
  }
}

/// Clients repeat the parameter.
std::set<std::string> wantedIds(const Context& context) {
  std::set<std::string> ids;
  const Query query(context.request().rawQuery());
  for (const auto& [name, value] : query.all())
    if (sameIgnoringCase(name, idsParameter)) addIds(value, ids);
  return ids;
}

Task<InstanceList> found(Context context, ListInstances input) {
  co_await getFunction(context, input.serviceName, input.qualifier, input.functionName);
  const std::set<std::string> wanted = wantedIds(context);
  const bool named = model::kindOf(input.qualifier) == model::QualifierKind::alias;
  InstanceList out;
  if (context.parts.instances == nullptr) co_return out;
  for (const std::string& version :
       co_await versionsBehind(context, input.serviceName, input.qualifier)) {
    const invoke::InstanceQuery query{.accountId = context.account(),
                                      .serviceName = input.serviceName,
                                      .versionId = version,
                                      .functionName = input.functionName,
                                      .alias = named ? input.qualifier : std::string()};
    for (std::string& id : context.parts.instances->instances(query)) {
      if (wanted.empty() || wanted.contains(id))
        out.instances.push_back({std::move(id), model::versionNumber(version).value_or(0)});
    }
  }
  std::ranges::sort(out.instances, {}, &InstanceItem::instanceId);
  const std::size_t limit = input.limit == 0 ? defaultLimit : static_cast<std::size_t>(input.limit);
  if (out.instances.size() > limit) out.instances.resize(limit);
  co_return out;
}

std::string bareArray(const InstanceList& list) {
  std::string text = "[";
  for (const InstanceItem& item : list.instances) {
    if (text.size() > 1) text += ',';
    text += schema::toText(item, schema::Audience::client);
  }
  return text + "]";
}

}  // namespace

const Shape& shapeOf(const ListInstances*) {
  using T = ListInstances;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      qualifier<&T::qualifier>(),
      nameInPath<&T::functionName>("functionName", "The function."),
      field<&T::instanceIds>(idsParameter, "Only these; repeated, with commas, or a JSON array.",
                             {.in = In::query}),
      field<&T::limit>("limit", "Instances at most; 0 = 20.",
                       {.min = 0, .max = 1000, .in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("ListInstances", fields);
  return shape;
}

const Shape& shapeOf(const InstanceItem*) {
  using T = InstanceItem;
  static constexpr Field fields[] = {
      field<&T::instanceId>("instanceId", "The instance."),
      field<&T::versionId>("versionId", "The version that it serves; 0 = LATEST."),
  };
  static constexpr Shape shape = schema::shape<T>("Instance", fields);
  return shape;
}

const Shape& shapeOf(const InstanceList*) {
  using T = InstanceList;
  static constexpr Field fields[] = {
      field<&T::instances>("instances", "Those that serve or can serve, ascending by id."),
  };
  static constexpr Shape shape = schema::shape<T>("InstanceList", fields);
  return shape;
}

Task<std::set<std::string>> versionsBehind(Context context, std::string service,
                                           std::string qualifier) {
  if (model::kindOf(qualifier) != model::QualifierKind::alias)
    co_return std::set{shownQualifier(qualifier)};
  const auto document =
      co_await context.parts.documents.find(model::aliasKey(context.account(), service, qualifier));
  if (!document) throw errorOf(Code::aliasNotFound, {qualifier, service});
  const auto alias = model::fromDocument<model::Alias>(document->value).config;
  std::set<std::string> versions = {alias.versionId};
  for (const auto& [version, weight] :
       alias.additionalVersionWeight.value_or(model::VersionWeights())) {
    versions.insert(version);
  }
  co_return versions;
}

Task<http::Response> listInstances(Context context, ListInstances input) {
  const InstanceList list = co_await found(context, std::move(input));
  if (context.settings().instancesAsArray) co_return jsonResponse(200, bareArray(list));
  co_return jsonResponse(200, schema::toText(list, schema::Audience::client));
}

}  // namespace openfc::api
