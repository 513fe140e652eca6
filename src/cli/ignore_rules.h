#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace openfc::cli {

/// What files of the form of .gitignore leave out: shell patterns, one a line; `!` takes in again,
/// a slash ties a pattern to its directory, one at the end means directories only, `**` any of
/// them.
class IgnoreRules {
public:
  /// `directory`: where the file stands, "" or "lib/".
  void add(std::string_view text, const std::string& directory);
  /// Whether the last rule that speaks of this path ("lib/a.txt") leaves it out.
  bool ignores(const std::string& path, bool isDirectory) const;

private:
  struct Rule {
    std::vector<std::string> segments;  // of the whole path; "**" = any number of directories
    bool takesIn = false;
    bool directoriesOnly = false;
  };
  std::vector<Rule> rules_;
};

}  // namespace openfc::cli
