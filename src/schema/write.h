#pragma once

#include "schema/shape.h"

#include <boost/json/fwd.hpp>

#include <string>
#include <string_view>

namespace openfc::schema {

/// Who reads the JSON.
enum class Audience {
  client,  // all rows of the body but the stored ones; write-only members are null
  store,   // everything
};

/// Every row in order, empty ones too: null for an optional without value.
boost::json::value writeObject(const Shape& shape, const void* object, Audience audience);
/// One value alone (a default, a member).
boost::json::value writeValue(const Type& type, const void* value, Audience audience);
/// The header rows that are not empty.
void writeHeaders(const Shape& shape, const void* object,
                  const std::function<void(std::string_view name, std::string value)>& sink);

std::string toText(const Shape& shape, const void* object, Audience audience);

template <class T>
  requires requires(const T* object) { shapeOf(object); }
std::string toText(const T& object, Audience audience = Audience::client) {
  return toText(shapeFor<T>(), &object, audience);
}

}  // namespace openfc::schema
