#include "cli/ignore_rules.h"

#include <fnmatch.h>

#include <algorithm>
#include <ranges>
#include <span>

namespace openfc::cli {
namespace {

constexpr std::string_view anyDirectories = "**";

std::vector<std::string> segmentsOf(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    if (!segment.empty()) segments.emplace_back(segment);
    path.remove_prefix(std::min(segment.size() + 1, path.size()));
  }
  return segments;
}

bool fits(std::span<const std::string> pattern, std::span<const std::string> path) {
  if (pattern.empty()) return path.empty();
  if (pattern.front() == anyDirectories) {
    // At the end it stands for what is inside: at least one name.
    if (pattern.size() == 1) return !path.empty();
    for (std::size_t skipped = 0; skipped <= path.size(); ++skipped) {
      if (fits(pattern.subspan(1), path.subspan(skipped))) return true;
    }
    return false;
  }
  return !path.empty() && fnmatch(pattern.front().c_str(), path.front().c_str(), 0) == 0 &&
         fits(pattern.subspan(1), path.subspan(1));
}

/// Without the line's end and the blanks before it, unless a backslash keeps the last.
std::string_view stripped(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  return line;
}

}  // namespace

void IgnoreRules::add(std::string_view text, const std::string& directory) {
  while (!text.empty()) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    std::string_view line = stripped(whole);
    if (line.empty() || line.starts_with('#')) continue;
    Rule rule;
    rule.takesIn = line.starts_with('!');
    if (rule.takesIn) line.remove_prefix(1);
    rule.directoriesOnly = line.ends_with('/');
    if (rule.directoriesOnly) line.remove_suffix(1);
    rule.segments = segmentsOf(directory);
    if (!line.contains('/')) rule.segments.emplace_back(anyDirectories);
    for (std::string& segment : segmentsOf(line)) rule.segments.push_back(std::move(segment));
    rules_.push_back(std::move(rule));
  }
}

bool IgnoreRules::ignores(const std::string& path, bool isDirectory) const {
  const std::vector<std::string> segments = segmentsOf(path);
  for (const Rule& rule : std::views::reverse(rules_)) {
    if (rule.directoriesOnly && !isDirectory) continue;
    if (fits(rule.segments, segments)) return !rule.takesIn;
  }
  return false;
}

}  // namespace openfc::cli
