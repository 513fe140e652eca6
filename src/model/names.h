#pragma once

#include "schema/shape.h"

#include <optional>
#include <string_view>

namespace openfc::model {

/// Letters, digits, `_` and `-`, not beginning with a digit or `-`: services, functions, aliases,
/// triggers, layers.
extern const schema::Pattern namePattern;
/// A version, an alias or LATEST.
extern const schema::Pattern qualifierPattern;
/// What a name may be at most, in characters.
inline constexpr std::size_t maxName = 128;

/// "" = LATEST for `""` and "LATEST"; all digits = a version; else an alias.
enum class QualifierKind { latest, version, alias };
QualifierKind kindOf(std::string_view qualifier);

/// A version's number as it is written: without sign and leading zeros, so that each has one name.
/// Nothing: no version can be called so.
std::optional<int> versionNumber(std::string_view text);

}  // namespace openfc::model
