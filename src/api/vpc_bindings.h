#pragma once

#include "api/context.h"
#include "schema/shape.h"

#include <string>
#include <vector>

/// The VPCs that a service is bound to (wire-contract 3.4). What a VPC is called is not checked.
namespace openfc::api {

struct VpcBinding {
  std::string serviceName;
  std::string vpcId;
};

struct ListVpcBindings {
  std::string serviceName;
};

struct VpcBindings {
  std::vector<std::string> vpcIds;
};

/// An answer without members.
struct Done {};

const schema::Shape& shapeOf(const VpcBinding*);
const schema::Shape& shapeOf(const ListVpcBindings*);
const schema::Shape& shapeOf(const VpcBindings*);
const schema::Shape& shapeOf(const Done*);

Task<Done> createVpcBinding(Context context, VpcBinding input);
Task<Done> deleteVpcBinding(Context context, VpcBinding input);
Task<VpcBindings> listVpcBindings(Context context, ListVpcBindings input);

}  // namespace openfc::api
