#include "cli/ignore_rules.h"

#include <gtest/gtest.h>

namespace openfc::cli {
namespace {

struct Case {
  const char* rules;
  const char* path;
  bool ignored;
};

TEST(IgnoreRules, MeanWhatGitMeans) {
  const Case cases[] = {
      {"*.txt", "a.txt", true},
      {"*.txt", "lib/a.txt", true},
      {"*.txt", "a.txt.py", false},
      {"/a.txt", "a.txt", true},
      {"/a.txt", "lib/a.txt", false},
      {"lib/a.txt", "lib/a.txt", true},
      {"lib/a.txt", "x/lib/a.txt", false},
      {"**/lib/a.txt", "x/lib/a.txt", true},
      {"**/lib/a.txt", "lib/a.txt", true},
      {"lib/**", "lib/x/y", true},
      {"lib/**/z", "lib/x/y/z", true},
      {"lib/**/z", "lib/z", true},
      {"build/", "build", false},  // a file
      {"# build", "build", false},
      {"\n\n", "", false},
      {"\\#a", "#a", true},
      {"*.txt\n!keep.txt", "keep.txt", false},
      {"!keep.txt\n*.txt", "keep.txt", true},
      {"a  \r\n", "a", true},
      {"[ab].py", "b.py", true},
      {"a?.py", "ab.py", true},
  };
  for (const Case& row : cases) {
    IgnoreRules rules;
    rules.add(row.rules, "");
    EXPECT_EQ(rules.ignores(row.path, false), row.ignored) << row.rules << " for " << row.path;
  }
}

TEST(IgnoreRules, KnowDirectories) {
  IgnoreRules rules;
  rules.add("build/", "");

  EXPECT_TRUE(rules.ignores("build", true));
  EXPECT_TRUE(rules.ignores("x/build", true));
}

TEST(IgnoreRules, OfADirectorySpeakOfWhatIsInIt) {
  IgnoreRules rules;
  rules.add("/a\n*.txt\n", "lib/");

  EXPECT_TRUE(rules.ignores("lib/a", false));
  EXPECT_TRUE(rules.ignores("lib/x/b.txt", false));
  EXPECT_FALSE(rules.ignores("a", false));
  EXPECT_FALSE(rules.ignores("b.txt", false));
}

}  // namespace
}  // namespace openfc::cli
