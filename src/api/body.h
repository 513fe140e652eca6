#pragma once

#include "api/context.h"

#include <cstddef>
#include <memory>
#include <string>

namespace openfc::api {

/// A request's body and what it is counted in.
struct Body {
  std::string bytes;
  std::shared_ptr<ByteBudget::Share> share;
};

/// The whole body, counted as the account's before it is read. Throws as Exchange::body() does, and
/// Error{resourceExhausted, resourceThrottled} when there is no room for it.
Task<Body> receiveBody(Context context, std::size_t limit);

}  // namespace openfc::api
