#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace openfc::server {

/// By which names the code of functions calls the node's own services: the cloud's, in one region,
/// and one of our own. "*.a.b" is one label and what is behind it: an account or a bucket.
std::vector<std::string> cloudNamesOf(std::string_view region);
/// Whether a region can be a part of names.
bool isPartOfNames(std::string_view region);

}  // namespace openfc::server
