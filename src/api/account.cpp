#include "api/account.h"

#include "api/query.h"
#include "api/rows.h"
#include "base/encoding.h"
#include "model/access.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::In;
using schema::Shape;

/// The role that clients look for, when the account has it.
constexpr std::string_view defaultRoleName = "AliyunFCDefaultRole";

/// The names of limits that are asked for; clients repeat the parameter.
std::vector<std::string> namesAsked(const Context& context) {
  std::vector<std::string> names;
  const Query query(context.request().rawQuery());
  for (const auto& [name, value] : query.all())
    if (sameIgnoringCase(name, "config") && !value.empty()) names.push_back(value);
  return names;
}

}  // namespace

const Shape& shapeOf(const GetAccountSettings*) {
  static constexpr Shape shape = schema::shape<GetAccountSettings>("GetAccountSettings");
  return shape;
}

const Shape& shapeOf(const AccountSettings*) {
  using T = AccountSettings;
  static constexpr Field fields[] = {
      field<&T::availableAZs>("availableAZs", "Availability zones of this installation."),
      field<&T::defaultRole>("defaultRole",
                             "ARN of the role AliyunFCDefaultRole; empty when there is none."),
  };
  static constexpr Shape shape = schema::shape<T>("AccountSettings", fields);
  return shape;
}

const Shape& shapeOf(const GetAccountConfigs*) {
  using T = GetAccountConfigs;
  static constexpr Field fields[] = {
      field<&T::config>("config", "Names of limits, the parameter repeated; none = all.",
                        {.in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("GetAccountConfigs", fields);
  return shape;
}

const Shape& shapeOf(const AccountConfigs*) {
  using T = AccountConfigs;
  static constexpr Field fields[] = {
      field<&T::codeSizeLimit>("CodeSizeLimit", "Bytes of code in a request.", {.omitNull = true}),
      field<&T::enhancedCodeSizeLimit>("EnhancedCodeSizeLimit", "Bytes of code in a bucket.",
                                       {.omitNull = true}),
      field<&T::gpuCodeSizeLimit>("GPUCodeSizeLimit", "The same: there are no GPUs.",
                                  {.omitNull = true}),
      field<&T::concurrency>("Concurrency", "Invocations at a time.", {.omitNull = true}),
  };
  static constexpr Shape shape = schema::shape<T>("AccountConfigs", fields);
  return shape;
}

const Shape& shapeOf(const ListReservedCapacities*) {
  using T = ListReservedCapacities;
  static constexpr Field fields[] = {
      field<&T::limit>("limit", "Items of a page at most.",
                       {.min = 1, .max = 100, .in = In::query}),
      field<&T::nextToken>("nextToken", "The instance where the page begins.",
                           {.maxLength = 1024, .in = In::query}),
  };
  static constexpr Shape shape = schema::shape<T>("ListReservedCapacities", fields);
  return shape;
}

const Shape& shapeOf(const ReservedCapacityPage*) {
  using T = ReservedCapacityPage;
  static constexpr Field fields[] = {
      field<&T::reservedCapacities>("reservedCapacities", "Ascending by instance."),
      nextToken<&T::nextToken>(),
  };
  static constexpr Shape shape = schema::shape<T>("ReservedCapacityPage", fields);
  return shape;
}

Task<AccountSettings> getAccountSettings(Context context, GetAccountSettings /*input*/) {
  AccountSettings out{.availableAZs = context.settings().availabilityZones, .defaultRole = {}};
  const std::string key = model::rolesPrefix(context.account()) + std::string(defaultRoleName);
  if (co_await context.parts.documents.find(key))
    out.defaultRole = fmt::format("acs:ram::{}:role/{}", context.account(), defaultRoleName);
  co_return out;
}

Task<AccountConfigs> getAccountConfigs(Context context, GetAccountConfigs /*input*/) {
  const std::vector<std::string> asked = namesAsked(context);
  const auto told = [&asked](std::string_view name, std::size_t value) {
    const bool wanted = asked.empty() || std::ranges::find(asked, name) != asked.end();
    return wanted ? std::optional(std::to_string(value)) : std::nullopt;
  };
  const Settings& settings = context.settings();
  co_return AccountConfigs{
      .codeSizeLimit = told("CodeSizeLimit", settings.maxInlineCode),
      .enhancedCodeSizeLimit = told("EnhancedCodeSizeLimit", settings.maxStoredCode),
      .gpuCodeSizeLimit = told("GPUCodeSizeLimit", settings.maxStoredCode),
      .concurrency = told("Concurrency", settings.maxConcurrency)};
}

Task<ReservedCapacityPage> listReservedCapacities(Context context, ListReservedCapacities input) {
  ReservedCapacityPage out;
  for (const model::ReservedCapacity& capacity : context.settings().reservedCapacities) {
    if (capacity.instanceId < input.nextToken) continue;
    if (out.reservedCapacities.size() == static_cast<std::size_t>(input.limit)) {
      out.nextToken = capacity.instanceId;
      break;
    }
    out.reservedCapacities.push_back(capacity);
  }
  co_return out;
}

}  // namespace openfc::api
