#include "model/version.h"

#include "base/encoding.h"

#include <utility>

namespace openfc::model {

using schema::field;
using schema::Field;
using schema::Shape;

const Shape& shapeOf(const Version*) {
  using T = Version;
  static constexpr Field fields[] = {
      field<&T::versionId>("versionId", "Its number.", {.readOnly = true}),
      field<&T::description>("description", "Free text."),
      field<&T::createdTime>("createdTime", "When it was published.", {.readOnly = true}),
      field<&T::lastModifiedTime>("lastModifiedTime", "The same: versions do not change.",
                                  {.readOnly = true}),
      field<&T::service>("service", "The frozen service.", {.stored = true}),
      field<&T::digest>("digest", "Names what was frozen.", {.stored = true}),
  };
  static constexpr Shape shape = schema::shape<T>("Version", fields);
  return shape;
}

const Shape& shapeOf(const VersionState*) {
  using T = VersionState;
  static constexpr Field fields[] = {
      field<&T::lastVersion>("lastVersion", "The highest number that was ever given."),
  };
  static constexpr Shape shape = schema::shape<T>("VersionState", fields);
  return shape;
}

std::string contentDigest(Service service, std::vector<Function> functions) {
  service.lastModifiedTime = {};
  std::string content = toDocument(service);
  for (Function& function : functions) {
    function.lastModifiedTime = {};
    function.generation = 0;
    content += '\n';
    content += toDocument(function);
  }
  return toHex(sha256(content));
}

}  // namespace openfc::model
