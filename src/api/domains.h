#pragma once

#include "api/context.h"
#include "model/custom_domain.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <vector>

/// The operations on custom domains (api-spec 2.6).
namespace openfc::api {

struct CreateDomain {
  std::string domainName;
  model::DomainConfig config;
};

/// What an update may name, but not change.
struct SameDomain {
  std::optional<std::string> domainName;
};

struct UpdateDomain {
  std::string domainName;
  schema::Partial<model::DomainConfig> config;
  SameDomain same;
  std::optional<schema::Json> body;  // what the reference's sample wraps the rest in (D-03)
};

struct NamedDomain {
  std::string domainName;
};

/// The query of the list: like that of other lists, but names hold dots.
struct ListDomains {
  int limit = 20;
  std::string nextToken;
  std::string prefix;
  std::string startKey;
};

struct DomainItem {
  model::CustomDomain domain;
  std::string apiVersion = "2016-08-15";
};

struct DomainReply {
  std::string etag;
  DomainItem item;
};

struct DomainPage {
  std::vector<DomainItem> customDomains;
  std::optional<std::string> nextToken;
};

const schema::Shape& shapeOf(const CreateDomain*);
const schema::Shape& shapeOf(const SameDomain*);
const schema::Shape& shapeOf(const UpdateDomain*);
const schema::Shape& shapeOf(const NamedDomain*);
const schema::Shape& shapeOf(const ListDomains*);
const schema::Shape& shapeOf(const DomainItem*);
const schema::Shape& shapeOf(const DomainReply*);
const schema::Shape& shapeOf(const DomainPage*);

Task<DomainReply> createDomain(Context context, CreateDomain input);
Task<> deleteDomain(Context context, NamedDomain input);
Task<DomainReply> updateDomain(Context context, UpdateDomain input);
Task<DomainReply> getDomain(Context context, NamedDomain input);
Task<DomainPage> listDomains(Context context, ListDomains input);

}  // namespace openfc::api
