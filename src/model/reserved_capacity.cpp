#include "model/reserved_capacity.h"

namespace openfc::model {

using schema::field;

const schema::Shape& shapeOf(const ReservedCapacity*) {
  using T = ReservedCapacity;
  static constexpr std::string_view refunded[] = {"true", "false"};
  static constexpr schema::Field fields[] = {
      field<&T::instanceId>("instanceId", "Names it, 22 characters.",
                            {.required = true, .minLength = 1, .maxLength = 128}),
      field<&T::cu>("cu", "Compute units.", {.required = true, .min = 1}),
      field<&T::deadline>("deadline", "Until when it is kept.", {.required = true}),
      field<&T::createdTime>("createdTime", "Since when.", {.required = true}),
      field<&T::lastModifiedTime>("lastModifiedTime", "When it was changed last."),
      field<&T::isRefunded>("isRefunded", "Whether it was given back.", {.oneOf = refunded}),
  };
  static constexpr schema::Shape shape = schema::shape<T>("ReservedCapacity", fields);
  return shape;
}

}  // namespace openfc::model
