#pragma once

#include "api/context.h"
#include "model/reserved_capacity.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <vector>

/// What clients ask of an account beside the reference (wire-contract 3.1 and 3.2).
namespace openfc::api {

struct GetAccountSettings {};

struct AccountSettings {
  std::vector<std::string> availableAZs;
  std::string defaultRole;
};

struct GetAccountConfigs {
  std::vector<std::string> config;  // of the parameter's first value
};

/// Limits as texts; those that were not asked for are left out.
struct AccountConfigs {
  std::optional<std::string> codeSizeLimit;
  std::optional<std::string> enhancedCodeSizeLimit;
  std::optional<std::string> gpuCodeSizeLimit;
  std::optional<std::string> concurrency;
};

struct ListReservedCapacities {
  int limit = 20;
  std::string nextToken;
};

struct ReservedCapacityPage {
  std::vector<model::ReservedCapacity> reservedCapacities;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const GetAccountSettings*);
const schema::Shape& shapeOf(const AccountSettings*);
const schema::Shape& shapeOf(const GetAccountConfigs*);
const schema::Shape& shapeOf(const AccountConfigs*);
const schema::Shape& shapeOf(const ListReservedCapacities*);
const schema::Shape& shapeOf(const ReservedCapacityPage*);

Task<AccountSettings> getAccountSettings(Context context, GetAccountSettings input);
Task<AccountConfigs> getAccountConfigs(Context context, GetAccountConfigs input);
Task<ReservedCapacityPage> listReservedCapacities(Context context, ListReservedCapacities input);

}  // namespace openfc::api
