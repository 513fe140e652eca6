#include "sandbox/launcher/files.h"

#include "base/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace openfc::sandbox::launcher {

std::string readFile(const std::string& path) {
  const Fd file(
      static_cast<int>(check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open " + path)));
  std::string text;
  std::array<char, 4096> buffer;
  for (;;) {
    const long size = check(::read(file.get(), buffer.data(), buffer.size()), "read " + path);
    if (size == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

std::string textOf(const std::string& path) noexcept {
  try {
    return readFile(path);
  } catch (const std::exception&) {
    return "";
  }
}

void writeFile(const std::string& path, std::string_view text) {
  const Fd file(
      static_cast<int>(check(::open(path.c_str(), O_WRONLY | O_CLOEXEC), "open " + path)));
  check(::write(file.get(), text.data(), text.size()),
        "write " + std::string(text) + " to " + path);
}

bool tryWriteFile(const std::string& path, std::string_view text) noexcept {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

void makeDirectory(const std::string& path) {
  check(::mkdir(path.c_str(), 0755), "make directory " + path);
}

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Fd openIfThere(const std::string& path, int flags) {
  return Fd(::open(path.c_str(), flags | O_CLOEXEC));
}

std::optional<std::uint64_t> numberOf(int file, std::string_view key) {
  std::array<char, 4096> buffer;
  const ssize_t size = ::pread(file, buffer.data(), buffer.size(), 0);
  if (size <= 0) return std::nullopt;
  std::string_view rest(buffer.data(), static_cast<std::size_t>(size));
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') continue;
    std::uint64_t value = 0;
    const std::string_view digits = line.substr(key.size() + 1);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc())
      return value;
  }
  return std::nullopt;
}

}  // namespace openfc::sandbox::launcher
