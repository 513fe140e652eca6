#include "auth/temporary.h"

#include "base/encoding.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace openfc::auth {
namespace {

const Time tomorrow(std::chrono::seconds(1'646'208'000));

TemporaryScope scopeOfRole() {
  return {
      .accountId = "1000", .role = "reader", .roleId = "0cf2", .session = "svc/fn", .policy = ""};
}

TEST(Temporary, OpensWhatItMade) {
  const Vault vault(std::string(Vault::keySize, 'k'));
  const Temporary temporary(vault);
  const TemporaryScope scopes[] = {
      scopeOfRole(),
      {.accountId = "1000", .role = "", .session = "", .policy = R"({"Version":"1"})"},
      {.accountId = "", .role = "1:2", .session = "\n:3:", .policy = std::string("\0:", 2)},
  };

  for (const TemporaryScope& scope : scopes) {
    const TemporaryCredentials made = temporary.make(scope, tomorrow);
    const auto opened = temporary.open(made.securityToken);

    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(opened->scope, scope);
    EXPECT_EQ(opened->accessKeyId, made.accessKeyId);
    EXPECT_EQ(opened->accessKeySecret, made.accessKeySecret);
    EXPECT_EQ(opened->expiration, tomorrow);
    EXPECT_TRUE(made.accessKeyId.starts_with(Temporary::idPrefix));
  }
}

TEST(Temporary, GivesNoTwoAlike) {
  const Vault vault(std::string(Vault::keySize, 'k'));
  const Temporary temporary(vault);

  const auto one = temporary.make(scopeOfRole(), tomorrow);
  const auto other = temporary.make(scopeOfRole(), tomorrow);

  EXPECT_NE(one.accessKeyId, other.accessKeyId);
  EXPECT_NE(one.accessKeySecret, other.accessKeySecret);
  EXPECT_NE(one.securityToken, other.securityToken);
}

TEST(Temporary, IsTakenByEveryServerOfTheSameHostKeyOnly) {
  const std::string token = Temporary(Vault(std::string(Vault::keySize, 'k')))
                                .make(scopeOfRole(), tomorrow)
                                .securityToken;

  EXPECT_TRUE(Temporary(Vault(std::string(Vault::keySize, 'k'))).open(token).has_value());
  EXPECT_FALSE(Temporary(Vault(std::string(Vault::keySize, 'x'))).open(token).has_value());
}

TEST(Temporary, OpensTokensOfBeforeRolesHadIds) {
  const Vault vault(std::string(Vault::keySize, 'k'));
  const std::string sealed =
      Vault(vault.derive("temporary credentials: tokens"))
          .seal("5:STS.x10:16462080004:10006:reader6:svc/fn0:", "temporary credentials");
  std::string token = toBase64(sealed);
  std::ranges::replace(token, '+', '-');
  std::ranges::replace(token, '/', '_');
  token.resize(token.find_last_not_of('=') + 1);

  const auto opened = Temporary(vault).open(token);

  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(
      opened->scope,
      (TemporaryScope{
          .accountId = "1000", .role = "reader", .roleId = "", .session = "svc/fn", .policy = ""}));
}

TEST(Temporary, RefusesEveryChangedToken) {
  const Vault vault(std::string(Vault::keySize, 'k'));
  const Temporary temporary(vault);
  const std::string token = temporary.make(scopeOfRole(), tomorrow).securityToken;

  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    // The last character of base64 may hold bits that mean nothing.
    if (i + 1 < token.size()) EXPECT_FALSE(temporary.open(changed).has_value()) << i;
    EXPECT_FALSE(temporary.open(token.substr(0, i)).has_value()) << i;
  }
  EXPECT_FALSE(temporary.open(token + "A").has_value());
  EXPECT_FALSE(temporary.open(std::string(Temporary::maxToken + 1, 'A')).has_value());
  // What the host's own vault sealed for another purpose is no token.
  EXPECT_FALSE(temporary.open(vault.seal("1:a", "temporary credentials")).has_value());
}

TEST(Temporary, MakesNothingThatWouldBeUnbounded) {
  const Vault vault(std::string(Vault::keySize, 'k'));
  const Temporary temporary(vault);

  EXPECT_THROW(temporary.make({.accountId = "1000"}, tomorrow), std::invalid_argument);
  EXPECT_THROW(temporary.make({.accountId = "1000", .policy = std::string(9000, 'x')}, tomorrow),
               std::invalid_argument);
}

}  // namespace
}  // namespace openfc::auth
