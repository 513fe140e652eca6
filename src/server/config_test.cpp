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
  return readCommandLine(arguments, variables);
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
  EXPECT_EQ(yamlMessage("region: x\n\nlissten: y\n"),
            "c.yaml:3: unknown key 'lissten', did you mean 'listen'?");
  EXPECT_EQ(yamlMessage("buckets:\n  - name: b\n    dir: /x\n"), "c.yaml:3: unknown key 'dir'");
  EXPECT_NE(messageOf([] { read({"--lissten", "y"}); }), "");
  EXPECT_NE(messageOf([] { read({"--listen"}); }), "");
}

TEST(Config, RefusesKeysThatStandTwice) {
  EXPECT_EQ(yamlMessage("region: x\nlisten: 127.0.0.1:1\nregion: y\n"),
            "c.yaml:3: the key 'region' stands in line 1 already");
  EXPECT_EQ(yamlMessage("buckets:\n  - name: b\n    directory: /x\n    name: c\n"),
            "c.yaml:4: the key 'name' stands in line 2 already");
}

TEST(Config, RefusesVariablesThatItDoesNotKnow) {
  EXPECT_EQ(messageOf([] { read({}, {{"OPENFC_LISEN", "127.0.0.1:1"}}); }),
            "unknown environment variable OPENFC_LISEN, did you mean 'OPENFC_LISTEN'?");
  EXPECT_EQ(messageOf([] { read({}, {{"OPENFC_ENDPOINT", "http://127.0.0.1:1"}}); }), "");
}

TEST(Config, TellsTheFlagThatWasMeant) {
  EXPECT_EQ(messageOf([] { read({"--pool-sise", "1"}); }),
            "unknown flag '--pool-sise', did you mean '--pool-size'? (see openfc serve --help)");
}

TEST(Config, SwitchesNeedNoValue) {
  EXPECT_TRUE(read({"--instances-as-array"}).config.instancesAsArray);
  EXPECT_TRUE(read({"--instances-as-array", "--listen", "127.0.0.1:1"}).config.instancesAsArray);
  EXPECT_FALSE(read({"--copy-processes", "false"}).config.copyProcesses);
  EXPECT_FALSE(read({"--copy-processes=false"}).config.copyProcesses);
}

TEST(Config, MakesPathsAbsolute) {
  const auto here = std::filesystem::current_path();

  const Config config =
      read({"--data", "./here/../data", "--buckets", R"([{"name":"b","directory":"x"}])"}).config;

  EXPECT_EQ(config.data, (here / "data").string());
  EXPECT_EQ(config.buckets.at(0).directory, (here / "x").string());
}

TEST(Config, ShowsWhatSettingsMayBeAndAreByDefault) {
  const std::string text = usage();

  for (const char* part : {"/etc/openfc/config.yaml", "[/var/lib/openfc; ~/.openfc when not root]",
                           "isolated or plain", "[python3,nodejs14,custom]", "a,b,c or JSON",
                           "0 to 100", "[127.0.0.1:8016]"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(text.find('"'), std::string::npos) << "defaults as they are typed, not as JSON";
}

TEST(Config, NamesTheFieldOfABadValue) {
  EXPECT_NE(yamlMessage("poolSize: many\n").find("oolSize"), std::string::npos);
  EXPECT_NE(messageOf([] { read({"--pool-size", "1000"}); }).find("--pool-size"),
            std::string::npos);
  EXPECT_NE(yamlMessage("- a\n"), "");
  EXPECT_NE(yamlMessage("a: [\n"), "");
}

TEST(Config, HostNamesAreNamesAlone) {
  for (const char* bad : {"a:80", "http://a", "*.a", "a b", "a/b"}) {
    const std::string message = messageOf([&] { read({"--host-names", bad}); });
    EXPECT_TRUE(message.starts_with(std::string("hostNames: '") + bad + "' must be")) << message;
  }
  EXPECT_EQ(read({"--host-names", "a.b,::1"}).config.hostNames,
            (std::vector<std::string>{"a.b", "::1"}));
}

TEST(Config, TheDevelopmentKeyIsForLoopbackAlone) {
  EXPECT_TRUE(acceptsDevelopmentKey(read({}).config));
  EXPECT_FALSE(acceptsDevelopmentKey(read({"--development-key", "false"}).config));
  for (std::string Config::* listener :
       {&Config::listen, &Config::adminListen, &Config::tlsListen}) {
    Config config = read({}).config;
    config.*listener = "0.0.0.0:1";
    EXPECT_FALSE(acceptsDevelopmentKey(config));
  }
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
