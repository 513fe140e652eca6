#include "package/entry_names.h"

#include "base/error.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::package {
namespace {

constexpr std::size_t maxPath = 2048;
constexpr std::size_t maxPart = 255;
constexpr std::size_t maxDepth = 100;
constexpr std::size_t maxShown = 120;

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Bytes of the UTF-8 character at the beginning of `text`; 0 = not valid (overlong, surrogate,
/// beyond U+10FFFF).
std::size_t characterSize(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!continues(text[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool beyond = first == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : size;
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void checkBytes(std::string_view name) {
  if (name.empty()) refuseEntry(name, "has no name");
  if (name.find('\0') != std::string_view::npos) refuseEntry(name, "has a NUL byte in its name");
  if (!isUtf8(name)) refuseEntry(name, "has a name that is not valid UTF-8");
  if (name.find('\\') != std::string_view::npos) refuseEntry(name, "has a backslash in its name");
  if (name.front() == '/') refuseEntry(name, "has an absolute name");
  if (name.size() >= 2 && letter(name[0]) && name[1] == ':')
    refuseEntry(name, "has a drive letter in its name");
}

/// Takes the part up to the next slash off the front.
std::string_view takePart(std::string_view& rest) {
  const std::string_view part = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(rest.size(), part.size() + 1));
  return part;
}

}  // namespace

bool isUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = characterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string shownName(std::string_view name) {
  std::string shown;
  while (!name.empty() && shown.size() < maxShown) {
    const std::size_t size = characterSize(name);
    const auto byte = static_cast<unsigned char>(name[0]);
    if (size == 0 || byte < 0x20 || byte == 0x7f) {
      shown += fmt::format("\\x{:02x}", byte);
      name.remove_prefix(1);
      continue;
    }
    shown += name.substr(0, size);
    name.remove_prefix(size);
  }
  if (!name.empty()) shown += "...";
  return shown;
}

void refuseEntry(std::string_view name, std::string_view rule) {
  throw invalidArgument(fmt::format("code.zip: entry '{}' {}", shownName(name), rule));
}

std::string safePath(std::string_view name) {
  checkBytes(name);
  std::string path;
  std::size_t depth = 0;
  for (std::string_view rest = name; !rest.empty();) {
    const std::string_view part = takePart(rest);
    if (part.empty() || part == ".") continue;
    if (part == "..") refuseEntry(name, "leaves the directory");
    if (part.size() > maxPart) refuseEntry(name, "has a part of more than 255 bytes in its name");
    if (++depth > maxDepth) refuseEntry(name, "is nested deeper than 100 directories");
    if (!path.empty()) path += '/';
    path += part;
  }
  if (path.size() > maxPath) refuseEntry(name, "has a name of more than 2048 bytes");
  return path;
}

void checkLink(std::string_view name, std::string_view path, std::string_view target) {
  if (target.empty()) refuseEntry(name, "is a symbolic link to nothing");
  if (target.find('\0') != std::string_view::npos || !isUtf8(target)) {
    refuseEntry(name, "is a symbolic link whose target is not valid UTF-8");
  }
  if (target.size() > maxPath)
    refuseEntry(name, "is a symbolic link with a target of more than 2048 bytes");
  if (target.front() == '/') refuseEntry(name, "is a symbolic link to an absolute path");
  auto height = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
  bool descended = false;
  while (!target.empty()) {
    const std::string_view part = takePart(target);
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      descended = true;
      continue;
    }
    if (descended) refuseEntry(name, "is a symbolic link with '..' behind a name");
    if (height == 0) refuseEntry(name, "is a symbolic link that leaves the directory");
    --height;
  }
}

void EntryTree::add(std::string_view name, const std::string& path, Kind kind) {
  if (path.empty()) {
    if (kind != Kind::directory) refuseEntry(name, "has no name");
    return;
  }
  addParents(name, path);
  const auto [at, added] = nodes_.try_emplace(path, kind, true);
  if (added) return count(name);
  if (at->second.named) refuseEntry(name, "occurs twice");
  if (kind != Kind::directory)
    refuseEntry(name, "is not a directory, but other entries lie below it");
  at->second.named = true;
}

void EntryTree::addParents(std::string_view name, std::string_view path) {
  for (std::size_t slash = path.rfind('/'); slash != std::string_view::npos;
       slash = path.rfind('/')) {
    path = path.substr(0, slash);
    const auto found = nodes_.find(path);
    if (found == nodes_.end()) {
      nodes_.try_emplace(std::string(path), Kind::directory, false);
      count(name);
      continue;
    }
    if (found->second.kind != Kind::directory) {
      refuseEntry(name, fmt::format("lies below '{}', which is not a directory", shownName(path)));
    }
    return;
  }
}

void EntryTree::count(std::string_view name) const {
  if (nodes_.size() > maxNodes_) {
    refuseEntry(name,
                fmt::format("is one too many: more than {} files and directories", maxNodes_));
  }
}

}  // namespace openfc::package
