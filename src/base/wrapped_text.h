#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace openfc {

/// The text as lines for a terminal of 100 columns: the first begins at column `indent`, the others
/// are indented as far. Ends with a line end.
std::string wrapped(std::string_view text, std::size_t indent);

/// A row of a list: `name` and, from column `indent` on, what it is.
std::string wrappedRow(std::string_view name, std::string_view text, std::size_t indent);

}  // namespace openfc
