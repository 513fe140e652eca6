#include "auth/keys.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace openfc::auth {
namespace {

TEST(Keys, FindsEnabledKeysOnly) {
  const Keys keys({{.id = "on", .secret = "s", .accountId = "1"},
                   {.id = "off", .secret = "s", .accountId = "1", .enabled = false}});

  EXPECT_EQ(keys.find("on")->accountId, "1");
  EXPECT_EQ(keys.find("off"), nullptr);
  EXPECT_EQ(keys.find("absent"), nullptr);
}

TEST(Keys, RefusesRowsThatCouldNeverWork) {
  const AccessKey rows[] = {
      {.id = "", .secret = "s", .accountId = "1"},
      {.id = "a:b", .secret = "s", .accountId = "1"},
      {.id = "a b", .secret = "s", .accountId = "1"},
      {.id = "a", .secret = "", .accountId = "1"},
      {.id = "a", .secret = "s", .accountId = ""},
      {.id = "a", .secret = "s", .accountId = "me"},
  };
  for (const AccessKey& row : rows) {
    EXPECT_THROW(Keys({row}), std::runtime_error) << row.id;
  }
  EXPECT_THROW(Keys({developmentKey(), developmentKey()}), std::runtime_error);
}

TEST(Keys, OfTheStoreComeAndGoAndNeverReplaceTheConfigurations) {
  Keys keys({{.id = "root", .secret = "s", .accountId = "1"}});

  EXPECT_TRUE(keys.put({.id = "a", .secret = "one", .accountId = "2"}));
  EXPECT_TRUE(keys.put({.id = "a", .secret = "two", .accountId = "2"}));
  EXPECT_FALSE(keys.put({.id = "root", .secret = "stolen", .accountId = "2"}));
  keys.erase("root");

  EXPECT_EQ(keys.find("a")->secret, "two");
  EXPECT_EQ(keys.find("root")->secret, "s");
  EXPECT_EQ(keys.configured("1").size(), 1u);
  EXPECT_EQ(keys.configured("2").size(), 0u);
  keys.erase("a");
  EXPECT_EQ(keys.find("a"), nullptr);
}

TEST(Roles, AreFoundByAccountAndName) {
  Roles roles;
  roles.put("1", "r", {"id", compile({})});

  EXPECT_NE(roles.find("1", "r"), nullptr);
  EXPECT_EQ(roles.find("2", "r"), nullptr);
  roles.erase("1", "r");
  EXPECT_EQ(roles.find("1", "r"), nullptr);
}

TEST(Roles, AreNamedByArnsOfTheirAccount) {
  EXPECT_EQ(roleArn("1", "r"), "acs:ram::1:role/r");
  EXPECT_EQ(roleOf("acs:ram::1:role/r", "1"), "r");
  EXPECT_EQ(roleOf("acs:ram::2:role/r", "1"), "");
  EXPECT_EQ(roleOf("r", "1"), "");
  EXPECT_EQ(roleOf("", "1"), "");
}

}  // namespace
}  // namespace openfc::auth
