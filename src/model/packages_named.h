#pragma once

#include "model/keys.h"

#include <string>
#include <string_view>
#include <vector>

namespace openfc::model {

/// Where documents stand that name code packages. The current functions first: publishing copies
/// one, and so who reads in this order meets it in one place at least.
inline constexpr std::string_view prefixesWithPackages[] = {allFunctionsPrefix, allPublishedPrefix,
                                                            allLayerVersionsPrefix};

/// The digests of the packages that a document names whose key begins with `prefix`, one of these.
std::vector<std::string> packagesNamedBy(std::string_view prefix, const std::string& document);

}  // namespace openfc::model
