#include "sandbox/launcher/options.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {
namespace {

std::vector<const char*> with(std::vector<const char*> more) {
  std::vector<const char*> all{"--packages", "/p", "--runtimes", "/r", "--init", "/i"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(LauncherOptions, AreRead) {
  const Options options =
      parseOptions(with({"--scope", "a-1", "--uid-base", "5000", "--network-allow", "10.0.0.0/8"}));

  EXPECT_EQ(options.packages, "/p");
  EXPECT_EQ(options.uidBase, 5000u);
  ASSERT_TRUE(options.network);
  EXPECT_EQ(options.network.value_or(NetworkConfig{}).scope, "a-1");
  EXPECT_EQ(options.network.value_or(NetworkConfig{}).exceptions,
            std::vector<std::string>{"10.0.0.0/8"});
}

TEST(LauncherOptions, ArgumentsBelongToTheZygoteBeforeThem) {
  const Options options = parseOptions(
      with({"--zygote-library", "/l", "--zygote", "/a", "--zygote-argument", "-S", "--zygote", "/b",
            "--zygote-argument", "x", "--zygote-environment", "K=V", "--zygote-argument", "y"}));

  EXPECT_EQ(options.zygoteLibrary, "/l");
  ASSERT_EQ(options.zygotes.size(), 2u);
  EXPECT_EQ(options.zygotes[0].arguments, (std::vector<std::string>{"/a", "-S"}));
  EXPECT_EQ(options.zygotes[1].arguments, (std::vector<std::string>{"/b", "x", "y"}));
  EXPECT_EQ(options.zygotes[1].environment, (std::vector<std::string>{"K=V"}));
}

TEST(LauncherOptions, BadOnesAreRefused) {
  const std::vector<std::vector<const char*>> bad = {
      {"--nonsense", "x"},
      {"--zygote", "/a"},
      {"--zygote-library", "/l", "--zygote", "relative"},
      {"--zygote-argument", "x"},
      {"--zygote-copies", "0"},
      {"--scope"},
      {"--scope", "a/b"},
      {"--scope", ".."},
      {"--uid-base", "0"},
      {"--uid-base", "12x"},
      {"--uid-count", "0"},
      {"--packages", "relative"},
      {"--uid-count", "-1"},
      {"--scope", ""},
      {"--uid-base", "999999999999"},
  };

  for (const auto& flags : bad)
    EXPECT_THROW(parseOptions(with(flags)), std::runtime_error) << flags.front();
}

}  // namespace
}  // namespace openfc::sandbox::launcher
