#include "package/object_names.h"

#include "package/entry_names.h"

#include <algorithm>

namespace openfc::package {
namespace {

constexpr std::size_t maxObjectName = 1023;  // OSS's limit
constexpr std::size_t maxPart = 255;         // of file systems

template <class Rule>
bool anyPart(std::string_view name, Rule rule) {
  while (true) {
    const auto slash = name.find('/');
    if (rule(name.substr(0, slash))) return true;
    if (slash == std::string_view::npos) return false;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace

std::optional<std::string_view> objectNameProblem(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > maxObjectName) return "has more than 1023 bytes";
  if (name.find('\0') != std::string_view::npos) return "has a NUL byte";
  if (name.front() == '/' || name.front() == '\\') return "begins with a slash";
  // They would be resolved on the way, by the kernel or by an HTTP client.
  if (anyPart(name, [](std::string_view part) { return part == "." || part == ".."; })) {
    return "has a part '.' or '..'";
  }
  return std::nullopt;
}

std::optional<std::string_view> fileNameProblem(std::string_view name) {
  if (const auto problem = objectNameProblem(name)) return problem;
  if (name.back() == '/') return "ends with a slash: this bucket has no directories of their own";
  if (anyPart(name, [](std::string_view part) { return part.empty(); })) {
    return "has an empty part";
  }
  if (anyPart(name, [](std::string_view part) { return part.size() > maxPart; })) {
    return "has a part of more than 255 bytes";
  }
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
    return "has a control character";
  }
  if (!isUtf8(name)) return "is not valid UTF-8";
  if (name.starts_with(ownFilePrefix)) return "begins with .openfc-";
  return std::nullopt;
}

}  // namespace openfc::package
