#pragma once

#include "base/error.h"

#include <exception>

namespace openfc::api {

/// What a client hears of a failure that is no Error: that the disk is full, where it is that, else
/// nothing but that it is internal.
Error unexpected(const std::exception& failure);

}  // namespace openfc::api
