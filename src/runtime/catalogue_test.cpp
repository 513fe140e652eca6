#include "runtime/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace openfc::runtime {
namespace {

const Catalogue everything("/var/fc/runtime", [](const std::string&) { return true; });
const Catalogue nothing("/var/fc/runtime", [](const std::string&) { return false; });

Configuration configured(std::string runtime) {
  Configuration configuration;
  configuration.runtime = std::move(runtime);
  configuration.instanceId = "c-1";
  configuration.accountId = "123";
  configuration.region = "cn-hangzhou";
  configuration.serviceName = "svc";
  configuration.functionName = "fn";
  configuration.handler = "index.handler";
  return configuration;
}

TEST(Catalogue, KnowsEveryRuntimeIdOfTheApi) {
  for (const auto* id : {"nodejs4.4",       "nodejs6",         "nodejs8",       "nodejs10",
                         "nodejs12",        "nodejs14",        "nodejs16",      "nodejs18",
                         "nodejs20",        "python2.7",       "python3",       "python3.9",
                         "python3.10",      "java8",           "java11",        "go1",
                         "php7.2",          "dotnetcore2.1",   "dotnetcore3.1", "custom",
                         "custom.debian10", "custom-container"}) {
    EXPECT_NE(findRow(id), nullptr) << id;
  }
  EXPECT_EQ(findRow("10"), nullptr);
}

TEST(Catalogue, SaysWhyARuntimeIsNotAvailable) {
  EXPECT_EQ(everything.unavailable("python3"), std::nullopt);
  EXPECT_EQ(nothing.unavailable("custom"), std::nullopt);
  EXPECT_EQ(everything.unavailable("java11"),
            "runtime 'java11' is not available on this machine: there is no bootstrap for Java; "
            "this version of openfc cannot run it; a program that serves HTTP runs under runtime "
            "'custom'");
  EXPECT_EQ(nothing.unavailable("python3"),
            "runtime 'python3' is not available on this machine: /usr/bin/python3 is not "
            "installed; install the Debian package python3");
  EXPECT_EQ(nothing.unavailable("nodejs12"),
            "runtime 'nodejs12' is not available on this machine: /usr/bin/node and "
            "/usr/local/bin/node are not installed; install the Debian package nodejs");
}

TEST(Catalogue, SaysOfEveryRuntimeWhatCanBeDoneAboutIt) {
  for (const Row& row : rows()) {
    EXPECT_EQ(row.package.empty(), row.interpreters.empty()) << row.id;
    EXPECT_EQ(everything.unavailable(row.id).has_value(), !row.lack.empty()) << row.id;
  }
}

TEST(Catalogue, FindsWhatOnlyTheStartOfAProcessCanSet) {
  struct Case {
    std::string runtime;
    Environment user;
    bool own;
  };
  const Case cases[] = {
      {"python3", {}, false},
      {"python3", {{"A", "b"}, {"TZ", "Asia/Shanghai"}, {"PATH", "/code"}}, false},
      {"python3", {{"LD_PRELOAD", "/code/x.so"}}, true},
      {"python3", {{"LD_LIBRARY_PATH", "/code:/code/lib:/usr/local/lib:/opt/lib"}}, false},
      {"python3", {{"LD_LIBRARY_PATH", "/code/.fun"}}, true},
      {"python3", {{"LANG", "C.UTF-8"}}, false},
      {"python3", {{"LC_ALL", "zh_CN.UTF-8"}}, true},
      {"python3", {{"MALLOC_ARENA_MAX", "1"}}, true},
      {"python3", {{"GLIBC_TUNABLES", "x"}}, true},
      {"python3", {{"PYTHONHASHSEED", "1"}}, true},
      {"python3", {{"PYTHONHOME", "/code"}}, true},
      {"python3", {{"PYTHONPATH", "/code/lib"}, {"PYTHONUSERBASE", "/code/.fun/python"}}, false},
      {"python3", {{"NODE_OPTIONS", "x"}}, false},
      {"nodejs12", {{"NODE_OPTIONS", "--max-old-space-size=64"}}, true},
      {"nodejs12", {{"NODE_EXTRA_CA_CERTS", "/code/ca.pem"}}, true},
      {"nodejs12", {{"UV_THREADPOOL_SIZE", "1"}}, true},
      {"nodejs12", {{"NODE_PATH", "/code/lib"}, {"NODE_ENV", "production"}}, false},
      {"nodejs12", {{"PYTHONHASHSEED", "1"}}, false},
      {"custom", {}, true},
  };

  for (const Case& one : cases) {
    EXPECT_EQ(needsOwnStart(one.runtime, one.user), one.own)
        << one.runtime << " " << (one.user.empty() ? "" : one.user.begin()->first);
  }
}

TEST(Catalogue, SharesPooledProcessesBetweenIdsOfOneInterpreter) {
  EXPECT_EQ(everything.poolKey("nodejs12", {}), everything.poolKey("nodejs20", {}));
  EXPECT_NE(everything.poolKey("nodejs12", {}), everything.poolKey("python3", {}));
  EXPECT_EQ(everything.poolKey("custom", {}), std::nullopt);
  EXPECT_EQ(everything.poolKey("python3", {{"LD_PRELOAD", "x"}}), std::nullopt);
}

TEST(Catalogue, LetsEachPythonBeCopiedOnce) {
  const Catalogue one("/r", [](const std::string& path) { return path == "/usr/bin/python3"; });

  EXPECT_EQ(one.copyable(), std::vector<Start>{one.generic("python3")});
  EXPECT_EQ(everything.copyable().size(), 3u);
}

TEST(Environment, HoldsThePlatformsVariables) {
  const Environment python = environmentOf(configured("python3"));
  const Environment node = environmentOf(configured("nodejs14"));
  const Environment custom = environmentOf(configured("custom"));

  EXPECT_EQ(python.at("HOME"), "/tmp");
  EXPECT_EQ(python.at("LANG"), "C.UTF-8");
  EXPECT_EQ(python.at("FC_FUNC_CODE_PATH"), "/code/");
  EXPECT_EQ(python.at("LD_LIBRARY_PATH"), "/code:/code/lib:/usr/local/lib:/opt/lib");
  EXPECT_EQ(python.at("FC_FUNCTION_NAME"), "fn");
  EXPECT_EQ(python.at("FC_INSTANCE_ID"), "c-1");
  EXPECT_FALSE(python.contains("TZ"));
  EXPECT_EQ(node.at("NODE_PATH"),
            "/usr/local/lib/node_modules:/opt/nodejs/node14/node_modules:/opt/nodejs/node_modules");
  EXPECT_EQ(custom.at("FC_SERVER_PORT"), "9000");
  EXPECT_EQ(custom.at("FC_CUSTOM_LISTEN_PORT"), "9000");
  EXPECT_EQ(custom.at("PYTHONPATH"), "/code");
  EXPECT_EQ(custom.at("LD_LIBRARY_PATH"), "/code:/code/lib:/usr/local/lib");
}

TEST(Environment, LetsTheUserOverrideDefaultsButNotFcsOwn) {
  Configuration configuration = configured("python3");
  configuration.environment = {{"PATH", "/code/bin"}, {"FC_REGION", "elsewhere"}};

  const Environment environment = environmentOf(configuration);

  EXPECT_EQ(environment.at("PATH"), "/code/bin");
  EXPECT_EQ(environment.at("FC_REGION"), "cn-hangzhou");
}

TEST(Start, OfAnOwnProcessLeavesSearchPathsToTheBootstrap) {
  Configuration configuration = configured("python3");
  configuration.environment = {{"PYTHONPATH", "/code/x"}, {"PYTHONHASHSEED", "7"}};

  const Start start = everything.own(configuration);

  EXPECT_EQ(start.argv, (std::vector<std::string>{"/usr/bin/python3", "-S",
                                                  "/var/fc/runtime/python/bootstrap.py"}));
  EXPECT_TRUE((std::ranges::count(start.environment, "PYTHONHASHSEED=7") > 0));
  EXPECT_FALSE((std::ranges::count(start.environment, "PYTHONPATH=/code/x") > 0));
}

TEST(Start, OfACustomRuntimeIsItsBootstrapOrTheConfiguredCommand) {
  Configuration configuration = configured("custom");

  EXPECT_EQ(everything.own(configuration).argv, std::vector<std::string>{"/code/bootstrap"});
  configuration.startCommand = {"node", "server.js"};
  EXPECT_EQ(everything.own(configuration).argv, (std::vector<std::string>{"node", "server.js"}));
  EXPECT_EQ(everything.own(configuration).cwd, "/code");
}

}  // namespace
}  // namespace openfc::runtime
