#pragma once

#include "schema/read.h"
#include "schema/write.h"

#include <string>
#include <string_view>

namespace openfc::model {

/// A resource as the store keeps it: every member, as JSON.
template <class T>
std::string toDocument(const T& resource) {
  return schema::toText(resource, schema::Audience::store);
}

/// Throws std::runtime_error for what toDocument did not write.
template <class T>
T fromDocument(std::string_view text) {
  return schema::fromText<T>(text, schema::Source::store);
}

}  // namespace openfc::model
