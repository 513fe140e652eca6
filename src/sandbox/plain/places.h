#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace openfc::sandbox::plain {

/// A path of a real sandbox and what stands for it here.
struct Place {
  std::string_view inside;
  std::string here;
};

/// `text` with each of these paths replaced where it begins the text or follows a ':' or '=', as in
/// search paths and settings; "/code/x" is replaced, "/codes" is not.
std::string translated(std::string_view text, const std::vector<Place>& places);

}  // namespace openfc::sandbox::plain
