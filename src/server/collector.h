#pragma once

#include "package/packages.h"
#include "store/documents.h"

#include <set>
#include <string>

namespace openfc::server {

/// Removes code packages that no function, current or published, and no layer refers to. `keep` is
/// never removed. Returns how many were. A package that was stored or used within `grace` stays:
/// its function may be about to be written.
Task<std::size_t> collectPackages(store::Documents& documents, package::Packages& packages,
                                  std::set<std::string> keep, Duration grace);

}  // namespace openfc::server
