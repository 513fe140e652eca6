#pragma once

#include "api/context.h"
#include "schema/shape.h"

#include <optional>
#include <string>
#include <vector>

namespace openfc::api {

/// The query of every list by name.
struct PageQuery {
  int limit = 20;
  std::string nextToken;
  std::string prefix;
  std::string startKey;
};

const schema::Shape& shapeOf(const PageQuery*);

struct Page {
  std::vector<store::Document> documents;
  std::optional<std::string> nextToken;  // the next item's name; nothing at the end
};

/// The documents whose keys are `keyPrefix` and a name, ascending by name.
Task<Page> page(Context context, std::string keyPrefix, PageQuery query);

}  // namespace openfc::api
