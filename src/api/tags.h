#pragma once

#include "api/services.h"
#include "model/tag.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

/// The operations on tags (api-spec 2.8), and what lists of services take from them.
namespace openfc::api {

struct TagResource {
  std::string resourceArn;
  std::map<std::string, std::string> tags;
};

struct UntagResource {
  std::string resourceArn;
  std::vector<std::string> tagKeys;
  bool all = false;
};

struct GetResourceTags {
  std::string resourceArn;
};

struct TagReply {
  std::string requestId;
};

struct ResourceTags {
  std::string resourceArn;
  std::map<std::string, std::string> tags;
  std::string requestId;
};

const schema::Shape& shapeOf(const TagResource*);
const schema::Shape& shapeOf(const UntagResource*);
const schema::Shape& shapeOf(const GetResourceTags*);
const schema::Shape& shapeOf(const TagReply*);
const schema::Shape& shapeOf(const ResourceTags*);

Task<TagReply> tagResource(Context context, TagResource input);
Task<TagReply> untagResource(Context context, UntagResource input);
Task<ResourceTags> getResourceTags(Context context, GetResourceTags input);

/// Key and value of each `tag_<key>=<value>` of a query: a service must have them all; "" =
/// whatever value.
using TagFilters = std::vector<std::pair<std::string, std::string>>;
TagFilters tagFilters(const http::Request& request);

/// The services that have these tags, ascending by name.
Task<ServicePage> listTagged(Context context, PageQuery query, TagFilters filters);
/// The same page with the tags of each service put in.
Task<ServicePage> withTags(Context context, ServicePage page);

}  // namespace openfc::api
