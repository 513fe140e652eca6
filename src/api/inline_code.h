#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace openfc::api {

/// What stands in the JSON for a ZIP that was taken out of it. No base64.
inline constexpr std::string_view takenCode = "(taken)";

/// A request's JSON without its code.
struct SplitBody {
  std::string json;
  std::optional<std::string> zip;  // nothing: there was none, a short one, or one that is no base64
};

/// Takes the base64 of `code.zipFile` out of a body and decodes it where it stands, so that code is
/// in memory once however large it is. Throws Error{entityTooLarge} for a ZIP above `limit` bytes.
/// A body that is not JSON comes back as it is, more or less.
SplitBody splitBody(std::string body, std::size_t limit);

}  // namespace openfc::api
