#pragma once

#include "schema/shape.h"

#include <string_view>

namespace openfc::model {

/// Letters, digits, `_` and `-`, not beginning with a digit or `-`: services, functions, aliases,
/// triggers, layers.
extern const schema::Pattern namePattern;
/// What a name may be at most, in characters.
inline constexpr std::size_t maxName = 128;

/// "" = LATEST for `""` and "LATEST"; all digits = a version; else an alias.
enum class QualifierKind { latest, version, alias };
QualifierKind kindOf(std::string_view qualifier);

}  // namespace openfc::model
