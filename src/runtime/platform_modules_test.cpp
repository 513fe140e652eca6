#include "runtime/platform_modules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace openfc::runtime {
namespace {

std::string versionOf(std::string_view runtime, std::string_view name) {
  const auto modules = platformModulesOf(runtime);
  const auto found = std::ranges::find(modules, name, &PlatformModule::name);
  return found == modules.end() ? "absent" : std::string(found->version);
}

TEST(PlatformModules, AreThoseOfTheImage) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"nodejs6", "raw-body", "2.3.2"},     {"nodejs12", "raw-body", "2.4.1"},
      {"nodejs14", "opencv", "absent"},     {"nodejs12", "opencv", "7.0.0"},
      {"nodejs8", "lodash", "4.17.15"},     {"nodejs10", "lodash", "absent"},
      {"python3", "oss2", "2.9.1"},         {"python3.9", "oss2", "2.15.0"},
      {"python3.9", "pydatahub", "absent"}, {"python3.10", "requests", "absent"},
      {"custom", "requests", "absent"},     {"java8", "requests", "absent"},
  };

  for (const auto& [runtime, name, version] : cases)
    EXPECT_EQ(versionOf(runtime, name), version) << runtime << ' ' << name;
}

TEST(PlatformModules, WhatWasInstalledIsNotedOncePerName) {
  std::string root = (std::filesystem::temp_directory_path() / "openfc-modules-XXXXXX").string();
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  std::filesystem::create_directories(modulesDirectory(root, "nodejs14"));

  EXPECT_TRUE(installedModules(root, "nodejs14").empty());
  noteInstalled(root, "nodejs14", {"raw-body", "2.4.0"});
  noteInstalled(root, "nodejs14", {"body", "5.1.0"});
  noteInstalled(root, "nodejs14", {"raw-body", "2.4.1"});

  const auto found = installedModules(root, "nodejs14");
  std::filesystem::remove_all(root);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].name + found[1].version, "raw-body2.4.1");
}

}  // namespace
}  // namespace openfc::runtime
