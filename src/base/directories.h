#pragma once

#include "base/fd.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// Directories that an operator names, and below which others may write: where they are is decided
/// once, and later openings go there or nowhere.
namespace openfc {

/// Opens a directory by a path of which no part is a symbolic link. No descriptor: errno says why.
Fd openWithoutLinks(const std::filesystem::path& path, int flags);

/// How a path leads to its directory.
struct Route {
  std::filesystem::path target;              // whole, without links
  std::vector<std::filesystem::path> links;  // that were followed: where each of them lies
};
/// What of the path does not exist is taken as it is written. Throws SystemError.
Route routeOf(const std::filesystem::path& path);

/// Both are whole paths without links: `path` is `directory` or lies below it.
bool isWithin(std::string_view path, std::string_view directory);

/// A directory as its file system knows it, however it is mounted.
struct Location {
  std::string device;  // "major:minor"
  std::string path;    // from the file system's own root
};
/// Where the directory of a path without links is, and whatever is mounted below it. `mountinfo` is
/// the text of /proc/self/mountinfo.
std::vector<Location> locationsOf(std::string_view mountinfo, const std::string& path);

}  // namespace openfc
