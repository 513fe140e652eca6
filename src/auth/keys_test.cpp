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

}  // namespace
}  // namespace openfc::auth
