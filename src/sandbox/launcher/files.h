#pragma once

#include "base/fd.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Small files of the kernel (cgroups, /proc).
namespace openfc::sandbox::launcher {

std::string readFile(const std::string& path);                   // throws SystemError
void writeFile(const std::string& path, std::string_view text);  // throws SystemError
std::string textOf(const std::string& path) noexcept;            // "" instead of an exception
/// False instead of an exception.
bool tryWriteFile(const std::string& path, std::string_view text) noexcept;
/// Throws SystemError.
void makeDirectory(const std::string& path);
bool exists(const std::string& path);
/// An open descriptor, close-on-exec; none when it cannot be opened.
Fd openIfThere(const std::string& path, int flags);
/// The number after "`key` " in lines of "key number", read from the file's beginning.
std::optional<std::uint64_t> numberOf(int file, std::string_view key);

}  // namespace openfc::sandbox::launcher
