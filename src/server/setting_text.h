#pragma once

#include "schema/shape.h"

#include <string>

namespace openfc::server {

/// What a setting's documentation says beyond its own sentence: " 0 to 100.", " One of isolated or
/// plain.", how a list is written; "" where nothing limits it.
std::string choicesOf(const schema::Field& field);
/// The default of a member of Config, as it would be typed: no quotes, lists with commas; "none"
/// when it is empty.
std::string defaultOf(const schema::Field& field);
/// docs/configuration.md.
std::string configurationDocument();

}  // namespace openfc::server
