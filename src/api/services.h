#pragma once

#include "api/context.h"
#include "api/page.h"
#include "model/service.h"
#include "schema/shape.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// The operations on services (api-spec 2.1).
namespace openfc::api {

struct CreateService {
  std::string serviceName;
  model::ServiceConfig config;
};

struct DeleteService {
  std::string serviceName;
  std::string ifMatch;
};

struct UpdateService {
  std::string serviceName;
  std::string ifMatch;
  schema::Partial<model::ServiceConfig> config;
};

struct GetService {
  std::string serviceName;
  std::string qualifier;
};

struct ListServices {
  PageQuery page;
};

struct ServiceReply {
  std::string etag;
  model::Service service;
};

/// A service as lists show it.
struct ServiceItem {
  model::Service service;
  std::map<std::string, std::string> tags;
};

struct ServicePage {
  std::vector<ServiceItem> services;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const CreateService*);
const schema::Shape& shapeOf(const DeleteService*);
const schema::Shape& shapeOf(const UpdateService*);
const schema::Shape& shapeOf(const GetService*);
const schema::Shape& shapeOf(const ListServices*);
const schema::Shape& shapeOf(const ServiceReply*);
const schema::Shape& shapeOf(const ServiceItem*);
const schema::Shape& shapeOf(const ServicePage*);

Task<ServiceReply> createService(Context context, CreateService input);
Task<> deleteService(Context context, DeleteService input);
Task<ServiceReply> updateService(Context context, UpdateService input);
Task<ServiceReply> getServiceState(Context context, GetService input);
Task<ServicePage> listServices(Context context, ListServices input);

}  // namespace openfc::api
