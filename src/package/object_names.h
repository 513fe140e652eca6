#pragma once

#include <optional>
#include <string_view>

/// The rules of object names in buckets. Pure.
namespace openfc::package {

/// What is wrong with an object's name wherever its bucket is: "has a NUL byte"; nothing = good.
std::optional<std::string_view> objectNameProblem(std::string_view name);

/// The same for an object that is a file below a directory: one name is one path, so empty parts
/// and a slash at the end are refused too, as are characters that XML cannot hold.
std::optional<std::string_view> fileNameProblem(std::string_view name);

/// Names of files in a bucket's directory that are no objects begin so.
inline constexpr std::string_view ownFilePrefix = ".openfc-";

}  // namespace openfc::package
