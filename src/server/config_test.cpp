#include "server/config.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace openfc::server {
namespace {

CommandLine read(const std::vector<std::string>& arguments,
                 std::map<std::string, std::string> variables = {}) {
  variables.emplace("OPENFC_DATA", "/somewhere");
  return readCommandLine(arguments, [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  });
}

std::string messageOf(const std::function<void()>& function) {
  try {
    function();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

std::string yamlMessage(const std::string& text) {
  Config config;
  return messageOf([&] { readYaml(config, text, "c.yaml"); });
}

TEST(Config, FlagsWinOverTheEnvironment) {
  const auto config =
      read({"--listen", "127.0.0.1:1", "--pool-size=2"},
           {{"OPENFC_LISTEN", "127.0.0.1:2"}, {"OPENFC_ADMIN_LISTEN", "127.0.0.1:3"}})
          .config;

  EXPECT_EQ(config.listen, "127.0.0.1:1");
  EXPECT_EQ(config.adminListen, "127.0.0.1:3");
  EXPECT_EQ(config.poolSize, 2);
}

TEST(Config, TheEnvironmentWinsOverTheFile) {
  const auto file = std::filesystem::temp_directory_path() / "openfc-config-test.yaml";
  std::ofstream(file) << "region: cn-a\naccountId: 12345\n";

  const auto config = read({"--config", file.string()}, {{"OPENFC_REGION", "cn-b"}}).config;

  EXPECT_EQ(config.region, "cn-b");
  EXPECT_EQ(config.accountId, "12345");
  std::filesystem::remove(file);
}

TEST(Config, ReadsNestedLists) {
  Config config;

  readYaml(config,
           "accessKeys:\n  - {id: k, secret: s, accountId: 42}\nbuckets:\n  - name: b\n    "
           "directory: /srv/b\n",
           "c.yaml");

  ASSERT_EQ(config.accessKeys.size(), 1u);
  EXPECT_EQ(config.accessKeys[0].accountId, "42");
  ASSERT_EQ(config.buckets.size(), 1u);
  EXPECT_EQ(config.buckets[0].directory, "/srv/b");
}

TEST(Config, RefusesUnknownKeysWithTheirLine) {
  EXPECT_EQ(yamlMessage("region: x\n\nlissten: y\n"), "c.yaml:3: unknown key 'lissten'");
  EXPECT_EQ(yamlMessage("buckets:\n  - name: b\n    dir: /x\n"), "c.yaml:3: unknown key 'dir'");
  EXPECT_NE(messageOf([] { read({"--lissten", "y"}); }), "");
  EXPECT_NE(messageOf([] { read({"--listen"}); }), "");
}

TEST(Config, NamesTheFieldOfABadValue) {
  EXPECT_NE(yamlMessage("poolSize: many\n").find("oolSize"), std::string::npos);
  EXPECT_NE(messageOf([] { read({"--pool-size", "1000"}); }).find("--pool-size"),
            std::string::npos);
  EXPECT_NE(yamlMessage("- a\n"), "");
  EXPECT_NE(yamlMessage("a: [\n"), "");
}

TEST(Config, KnowsLoopbackAddresses) {
  for (const char* address : {"127.0.0.1:80", "localhost:80", "[::1]:80", "127.9.9.9:1"}) {
    EXPECT_TRUE(isLoopback(address)) << address;
  }
  for (const char* address : {"0.0.0.0:80", "[::]:80", "10.0.0.1:80", ":80", "example.org:80"}) {
    EXPECT_FALSE(isLoopback(address)) << address;
  }
}

}  // namespace
}  // namespace openfc::server
