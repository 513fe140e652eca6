#include "backup/manifest.h"

#include "backup/backup.h"

#include <fmt/core.h>

#include <fstream>
#include <sstream>

namespace openfc::backup {
namespace {

constexpr std::string_view firstLine = "openfc backup 1";
constexpr std::string_view hostKeyLine = "host-key ";
constexpr std::string_view createdLine = "created ";
constexpr std::size_t digestLength = 64;

/// Below the directory and nowhere else.
bool isBelow(const std::string& path) {
  const std::filesystem::path parts(path);
  if (path.empty() || parts.is_absolute()) return false;
  for (const auto& part : parts) {
    if (part == ".." || part == ".") return false;
  }
  return true;
}

}  // namespace

void Manifest::write(const std::filesystem::path& directory) const {
  std::ofstream out(directory / name, std::ios::binary);
  out << firstLine << '\n' << hostKeyLine << hostKeyId << '\n' << createdLine << created << '\n';
  for (const auto& [path, digest] : files) out << digest << "  " << path << '\n';
  out.close();
  if (!out) throw BackupError(fmt::format("write {}: failed", (directory / name).string()));
}

Manifest Manifest::read(const std::filesystem::path& directory) {
  std::ifstream in(directory / name, std::ios::binary);
  std::string line;
  if (!std::getline(in, line) || !line.starts_with("openfc backup ")) {
    throw BackupError(fmt::format("{} is no backup of openfc", directory.string()));
  }
  if (line != firstLine) {
    throw BackupError(fmt::format("{}: was made by a newer openfc; use that", directory.string()));
  }
  Manifest manifest;
  while (std::getline(in, line)) {
    if (line.starts_with(hostKeyLine)) {
      manifest.hostKeyId = line.substr(hostKeyLine.size());
    } else if (line.starts_with(createdLine)) {
      manifest.created = line.substr(createdLine.size());
    } else if (line.size() > digestLength + 2 && isBelow(line.substr(digestLength + 2))) {
      manifest.files[line.substr(digestLength + 2)] = line.substr(0, digestLength);
    } else {
      throw BackupError(fmt::format("{}: its manifest is damaged", directory.string()));
    }
  }
  return manifest;
}

}  // namespace openfc::backup
