#include "auth/authenticator.h"
#include "auth/signer.h"
#include "base/error.h"

#include <gtest/gtest.h>

namespace openfc::auth {
namespace {

const Time start(std::chrono::seconds(1'646'121'600));
constexpr std::string_view readerDocument =
    R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:Get*","Resource":"*"}]})";

/// Requests that are signed with temporary credentials.
class SessionsTest : public testing::Test {
protected:
  SessionsTest() {
    const std::string documents[] = {std::string(readerDocument)};
    roles_.put("1000", "reader", {"first", compile(documents)});
  }

  TemporaryCredentials credentials(const std::string& role = "reader",
                                   const std::string& policy = "") const {
    return temporary_.make({.accountId = "1000",
                            .role = role,
                            .roleId = role.empty() ? "" : "first",
                            .session = "svc/fn",
                            .policy = policy},
                           start + std::chrono::hours(1));
  }
  Caller call(const TemporaryCredentials& with, Time now = start) const {
    http::Request request{.method = "GET", .target = "/2016-08-15/services"};
    Signer(with.accessKeyId, with.accessKeySecret, with.securityToken).sign(request, now);
    return authenticator_.authenticate(request, now);
  }
  std::string refusal(const TemporaryCredentials& with, Time now = start) const {
    try {
      static_cast<void>(call(with, now));
    } catch (const Error& error) {
      return std::string(error.name()) + ": " + error.message();
    }
    return "accepted";
  }
  static bool may(const Caller& caller, std::string_view action) {
    const std::string_view resources[] = {"acs:fc:r:1000:services/s"};
    return caller.permissions.allow({.action = action, .resources = resources});
  }

  Vault vault_{std::string(Vault::keySize, 'k')};
  Keys keys_;
  Roles roles_;
  Temporary temporary_{vault_};
  Authenticator authenticator_{keys_, roles_, temporary_};
};

TEST_F(SessionsTest, MayWhatTheirRoleMay) {
  const Caller caller = call(credentials());

  EXPECT_EQ(caller.accountId, "1000");
  EXPECT_EQ(caller.session, "reader/svc/fn");
  EXPECT_TRUE(may(caller, "fc:GetService"));
  EXPECT_FALSE(may(caller, "fc:DeleteService"));
}

TEST_F(SessionsTest, FollowTheirRoleAtOnce) {
  const auto with = credentials();

  roles_.put("1000", "reader", {"first", compile({})});
  EXPECT_FALSE(may(call(with), "fc:GetService"));
  roles_.erase("1000", "reader");
  EXPECT_EQ(refusal(with),
            "AccessDenied: No permission to assume the role 'acs:ram::1000:role/reader' for you");
}

TEST_F(SessionsTest, AreNotRevivedByARoleThatIsMadeAgain) {
  const auto with = credentials();

  roles_.put("1000", "reader", {"second", compile({})});
  EXPECT_EQ(refusal(with),
            "AccessDenied: No permission to assume the role 'acs:ram::1000:role/reader' for you");
}

TEST_F(SessionsTest, AreNarrowedByAPolicyOfTheirOwn) {
  const std::string everything =
      R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  const std::string nothing =
      R"({"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})";

  EXPECT_FALSE(may(call(credentials("reader", everything)), "fc:DeleteService"));
  EXPECT_FALSE(may(call(credentials("reader", nothing)), "fc:GetService"));
  EXPECT_TRUE(may(call(credentials("", everything)), "fc:DeleteService"));
}

TEST_F(SessionsTest, EndWhenTheyExpire) {
  const auto with = credentials();

  EXPECT_EQ(refusal(with, start + std::chrono::minutes(59)), "accepted");
  EXPECT_EQ(refusal(with, start + std::chrono::hours(1)),
            "AccessDenied: the security token has expired");
}

TEST_F(SessionsTest, NeedTokenKeyAndSecretThatBelongTogether) {
  const auto one = credentials();
  const auto other = credentials();
  auto mixed = one;
  mixed.securityToken = other.securityToken;
  auto forged = one;
  forged.securityToken = "forged";
  auto bare = one;
  bare.securityToken = "";
  auto guessed = one;
  guessed.accessKeySecret = other.accessKeySecret;

  EXPECT_EQ(refusal(mixed), "InvalidAccessKeyID: invalid access key ID '" + one.accessKeyId + "'");
  EXPECT_EQ(refusal(forged), "AccessDenied: the security token is not valid");
  EXPECT_EQ(refusal(bare), "InvalidAccessKeyID: invalid access key ID '" + one.accessKeyId + "'");
  EXPECT_EQ(refusal(guessed).substr(0, 18), "SignatureNotMatch:");
}

TEST_F(SessionsTest, SignUrlsToo) {
  const auto with = credentials();
  const http::Request request{.method = "GET", .target = "/2016-08-15/proxy/svc/fn/?a=1"};
  const http::Request url{
      .method = "GET",
      .target = Signer(with.accessKeyId, with.accessKeySecret, with.securityToken)
                    .presigned(request, start + std::chrono::minutes(5))};

  EXPECT_EQ(authenticator_.authenticate(url, start).session, "reader/svc/fn");
}

TEST_F(SessionsTest, AreRefusedWhereThereAreNone) {
  const Authenticator permanentOnly(keys_);

  EXPECT_THROW(static_cast<void>(permanentOnly.identify("STS.x", "token", start)), Error);
}

/// Every function knows the published key.
TEST(FunctionsSide, RefusesTheDevelopmentKeyAlone) {
  Vault vault{std::string(Vault::keySize, 'k')};
  const Keys keys({developmentKey(), {.id = "own", .secret = "s", .accountId = "1000"}});
  const Roles roles;
  const Temporary temporary{vault};
  const Authenticator clients(keys, roles, temporary);
  const Authenticator functions(keys, roles, temporary, Side::functions);

  EXPECT_EQ(clients.identify(developmentKey().id, "", start).accountId, developmentAccount);
  EXPECT_EQ(functions.identify("own", "", start).accountId, "1000");
  try {
    static_cast<void>(functions.identify(developmentKey().id, "", start));
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::accessDenied);
    EXPECT_TRUE(error.message().starts_with("the development key is not accepted from inside"));
  }
}

TEST(FunctionsSide, ASecretOfTheOperatorsOwnIsNotPublished) {
  AccessKey own = developmentKey();
  own.secret = "another";

  EXPECT_FALSE(isDevelopmentKey(own));
  EXPECT_TRUE(isDevelopmentKey(developmentKey()));
}

}  // namespace
}  // namespace openfc::auth
