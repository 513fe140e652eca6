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
  bool needsPromises = false;  // the handler answers by a promise
};

/// By the files that it holds. Throws UsageError when none is known.
Detected detect(const std::filesystem::path& directory);

/// The Node.js runtime for handlers that answer by a promise.
inline constexpr std::string_view promiseRuntime = "nodejs20";
/// Whether functions of this runtime may answer by a promise; the others call their callback.
bool takesPromises(std::string_view runtime);
/// Whether the directory's Node.js handler is an async function, in any of the usual spellings.
bool answersByPromise(const std::filesystem::path& directory);

using PackProgress = std::function<void(std::uint64_t done, std::uint64_t size)>;

/// A directory as it is sent.
struct Package {
  std::string zip;
  std::vector<std::string> files;    // names in it, ascending
  std::vector<std::string> ignored;  // what an ignore file left out; of a directory its name
  std::string ignoreFile;            // which one: ".fcignore", ".gitignore" or ""
};

/// Packs a directory. Equal files give equal bytes, whenever and wherever they were written.
/// Left out: version control's own files, Python's byte code, files of environments (.env), what
/// matches `excluded` (shell patterns against the path in the directory, or against a name alone
/// when the pattern has no slash), and what .fcignore files say; where the directory has none,
/// .gitignore files count instead, but for node_modules, which functions need. Throws UsageError
/// for links that leave the directory, for sockets, devices and the like, and when nothing is left.
Package pack(const std::filesystem::path& directory, const std::vector<std::string>& excluded,
             const PackProgress& progress = nullptr);

/// A directory packed, or a ZIP file as it is.
std::string codeOf(const std::filesystem::path& path, const std::vector<std::string>& excluded);

/// The whole file; "-" = `in`. Throws UsageError.
std::string contentOf(const std::string& path, std::FILE* in);

/// A flag's value, or what is in the file when it begins with @ (@- is `in`). Throws UsageError.
std::string textOrFile(const std::string& value, std::FILE* in);

}  // namespace openfc::cli
