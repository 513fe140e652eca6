#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace openfc::backup {

struct Copied {
  std::string sha256;  // in hexadecimal, of the bytes that were copied
  std::uint64_t size = 0;
};

/// Copies one regular file with its mode and its attributes of the user namespace to a new file,
/// whose directory is made when absent. Nothing: there is no regular file any more. No link is
/// followed. Throws SystemError.
std::optional<Copied> copyFile(const std::filesystem::path& from, const std::filesystem::path& to);

/// What copyFile() would say of an existing file. Throws SystemError.
Copied digestOf(const std::filesystem::path& file);

}  // namespace openfc::backup
