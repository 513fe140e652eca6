#include "schema/shape.h"

#include <algorithm>

namespace openfc::schema {

void copyPresent(const Shape& shape, const std::vector<const Field*>& present, const void* from,
                 void* to) {
  for (const Field& field : shape.fields) {
    if (field.rules.inlined && field.type->kind == Kind::object) {
      copyPresent(field.type->shape(), present, field.memberOf(from), field.member(to));
    } else if (std::ranges::find(present, &field) != present.end()) {
      field.type->assign(field.member(to), field.memberOf(from));
    }
  }
}

}  // namespace openfc::schema
