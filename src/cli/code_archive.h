#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::cli {

/// What a directory of code is run with when the user does not say.
struct Detected {
  std::string_view runtime;
  std::string_view handler;
};

/// By the files that it holds. Throws UsageError when none is known.
Detected detect(const std::filesystem::path& directory);

using PackProgress = std::function<void(std::uint64_t done, std::uint64_t size)>;

/// The directory as a ZIP. Equal files give equal bytes, whenever and wherever they were written.
/// Left out: version control's own files, Python's byte code, and what matches `excluded` (shell
/// patterns against the path in the directory, or against a name alone when the pattern has no
/// slash). Throws UsageError for links that leave the directory, for sockets, devices and the like,
/// and when nothing is left.
std::string pack(const std::filesystem::path& directory, const std::vector<std::string>& excluded,
                 const PackProgress& progress = nullptr);

/// A directory packed, or a ZIP file as it is.
std::string codeOf(const std::filesystem::path& path, const std::vector<std::string>& excluded,
                   const PackProgress& progress = nullptr);

/// The whole file; "-" = `in`. Throws UsageError.
std::string contentOf(const std::string& path, std::FILE* in);

}  // namespace openfc::cli
