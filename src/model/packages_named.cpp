#include "model/packages_named.h"

#include "model/document.h"
#include "model/function.h"
#include "model/layer.h"

namespace openfc::model {

std::vector<std::string> packagesNamedBy(std::string_view prefix, const std::string& document) {
  if (prefix == allLayerVersionsPrefix) return {fromDocument<Layer>(document).packageDigest};
  return packagesOf(fromDocument<Function>(document));
}

}  // namespace openfc::model
