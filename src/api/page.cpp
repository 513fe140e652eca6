#include "api/page.h"

#include "base/error.h"
#include "model/names.h"

#include <algorithm>

namespace openfc::api {

using schema::field;
using schema::In;

const schema::Shape& shapeOf(const PageQuery*) {
  using T = PageQuery;
  static constexpr schema::Field fields[] = {
      field<&T::limit>("limit", "Items of a page at most.",
                       {.min = 1, .max = 100, .in = In::query}),
      field<&T::nextToken>("nextToken", "Where the page before ended; replaces startKey.",
                           {.maxLength = 1024, .pattern = &model::namePattern, .in = In::query}),
      field<&T::prefix>("prefix", "Only names that begin so.",
                        {.maxLength = 1024, .in = In::query}),
      field<&T::startKey>("startKey", "Only names that are not before this one.",
                          {.maxLength = 1024, .in = In::query}),
  };
  static constexpr schema::Shape shape = schema::shape<T>("PageQuery", fields);
  return shape;
}

Task<Page> page(Context context, std::string keyPrefix, PageQuery query) {
  const std::string& from = query.nextToken.empty() ? query.startKey : query.nextToken;
  const auto limit = static_cast<std::size_t>(query.limit);
  Page out;
  // One more than asked for tells whether anything follows.
  out.documents = co_await context.parts.documents.page(
      keyPrefix + query.prefix, from.empty() ? std::string() : keyPrefix + from, limit + 1);
  if (out.documents.size() > limit) {
    out.nextToken = out.documents.back().key.substr(keyPrefix.size());
    out.documents.pop_back();
  }
  co_return out;
}

}  // namespace openfc::api
