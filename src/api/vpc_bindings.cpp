#include "api/vpc_bindings.h"

#include "api/resource.h"
#include "api/rows.h"
#include "base/error.h"
#include "model/keys.h"

#include <algorithm>

namespace openfc::api {
namespace {

using schema::field;
using schema::Field;
using schema::Shape;
using schema::Support;

/// Ids stand in keys of the store.
bool isVpcId(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c != '/' && c != 0x7f; });
}
constexpr schema::Pattern vpcIdPattern{isVpcId, "printable, without blanks and slashes"};

}  // namespace

const Shape& shapeOf(const VpcBinding*) {
  using T = VpcBinding;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
      field<&T::vpcId>("vpcId", "The VPC.",
                       {.required = true,
                        .maxLength = 256,
                        .pattern = &vpcIdPattern,
                        .support = Support::recorded,
                        .supportNote = "Requests come from this machine's networks, of no VPC."}),
  };
  static constexpr Shape shape = schema::shape<T>("VpcBinding", fields);
  return shape;
}

const Shape& shapeOf(const ListVpcBindings*) {
  using T = ListVpcBindings;
  static constexpr Field fields[] = {
      nameInPath<&T::serviceName>("serviceName", "The service."),
  };
  static constexpr Shape shape = schema::shape<T>("ListVpcBindings", fields);
  return shape;
}

const Shape& shapeOf(const VpcBindings*) {
  using T = VpcBindings;
  static constexpr Field fields[] = {
      field<&T::vpcIds>("vpcIds", "The VPCs, ascending."),
  };
  static constexpr Shape shape = schema::shape<T>("VpcBindings", fields);
  return shape;
}

const Shape& shapeOf(const Done*) {
  static constexpr Shape shape = schema::shape<Done>("Done");
  return shape;
}

Task<Done> createVpcBinding(Context context, VpcBinding input) {
  const std::string& account = context.account();
  std::vector<store::Operation> operations;
  operations.push_back(
      store::require(model::serviceKey(account, input.serviceName), store::Expect::present()));
  operations.push_back(
      store::put(model::vpcBindingsPrefix(account, input.serviceName) + input.vpcId, "{}"));
  if (!co_await commit(context, std::move(operations)))
    throw errorOf(Code::serviceNotFound, {input.serviceName});
  co_return Done{};
}

Task<Done> deleteVpcBinding(Context context, VpcBinding input) {
  co_await getService(context, input.serviceName);
  std::vector<store::Operation> operations;
  operations.push_back(
      store::erase(model::vpcBindingsPrefix(context.account(), input.serviceName) + input.vpcId));
  co_await commit(context, std::move(operations));
  co_return Done{};
}

Task<VpcBindings> listVpcBindings(Context context, ListVpcBindings input) {
  co_await getService(context, input.serviceName);
  const std::string prefix = model::vpcBindingsPrefix(context.account(), input.serviceName);
  VpcBindings out;
  for (const store::Document& document : co_await allUnder(context, prefix))
    out.vpcIds.push_back(document.key.substr(prefix.size()));
  co_return out;
}

}  // namespace openfc::api
