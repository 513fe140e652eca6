#include "auth/policy.h"

#include "auth/policy_table.h"
#include "base/time_text.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace openfc::auth {
namespace {

using policy_table::Document;
using policy_table::documents;
using policy_table::Row;

Policy policyNamed(std::string_view name) {
  for (const Document& document : documents) {
    if (document.name == name) return Policy::parse(document.text);
  }
  throw std::logic_error("no document " + std::string(name));
}

TEST(Policy, DecidesTheTable) {
  for (const Row& row : policy_table::rows) {
    const std::string arn = row.resource.empty() || row.resource.starts_with("acs:")
                                ? std::string(row.resource)
                                : "acs:fc:cn-hangzhou:1000:" + std::string(row.resource);
    const std::string_view resources[] = {arn};
    const Access access{.action = row.action,
                        .resources = resources,
                        .circumstances = {.sourceIp = row.ip, .now = *fromIso(row.time)}};

    EXPECT_EQ(policyNamed(row.document).decide(access), row.expected)
        << row.document << ": " << row.action << " on " << arn << " from " << row.ip << " at "
        << row.time;
  }
}

TEST(Policy, HasATableOfAHundredDifferentRows) {
  std::set<std::string> different;
  std::set<Decision> decisions;
  std::set<std::string_view> used;
  for (const Row& row : policy_table::rows) {
    different.insert(
        fmt::format("{}|{}|{}|{}|{}", row.document, row.action, row.resource, row.ip, row.time));
    decisions.insert(row.expected);
    used.insert(row.document);
  }

  EXPECT_GE(different.size(), 100u);
  EXPECT_EQ(different.size(), std::size(policy_table::rows));
  EXPECT_EQ(decisions.size(), 3u);
  EXPECT_EQ(used.size(), std::size(documents));
}

TEST(Policy, TakesEverySpellingOfAResource) {
  const std::string_view spellings[] = {"acs:fc:r:1:services/prod/functions/f",
                                        "acs:fc:r:1:services/prod.LATEST/functions/f"};
  const Access access{.action = "fc:InvokeFunction", .resources = spellings};
  const auto decide = [&](const std::string& effect, const std::string& resource) {
    return Policy::parse(R"({"Version":"1","Statement":[{"Effect":")" + effect +
                         R"(","Action":"*","Resource":"acs:fc:*:*:)" + resource + "\"}]}")
        .decide(access);
  };

  EXPECT_EQ(decide("Allow", "services/prod/functions/*"), Decision::allowed);
  EXPECT_EQ(decide("Allow", "services/prod.*"), Decision::allowed);
  EXPECT_EQ(decide("Deny", "services/prod/functions/f"), Decision::denied);
  EXPECT_EQ(decide("Deny", "services/prod.LATEST/functions/f"), Decision::denied);
  EXPECT_EQ(decide("Allow", "services/prod.1/functions/f"), Decision::silent);
}

struct Bad {
  std::string_view document;
  std::string_view problem;
};

constexpr Bad badDocuments[] = {
    {"", "the policy document is no JSON: "},
    {"[]", "the policy document must be an object"},
    {"{}", "Version is missing"},
    {R"({"Version":1,"Statement":[]})", "Version must be a text"},
    {R"({"Version":"2","Statement":[]})", R"(Version must be "1" (actual: '2'))"},
    {R"({"Version":"1"})", "Statement is missing"},
    {R"({"Version":"1","Statement":[],"Id":"x"})", "Id is not known"},
    {R"({"Version":"1","Statement":{}})", "Statement must be a list"},
    {R"({"Version":"1","Statement":[]})", "Statement must not be empty"},
    {R"({"Version":"1","Statement":["x"]})", "Statement[0] must be an object"},
    {R"({"Version":"1","Statement":[{}]})", "Statement[0].Effect is missing"},
    {R"({"Version":"1","Statement":[{"Effect":"allow"}]})",
     "Statement[0].Effect must be Allow or Deny (actual: 'allow')"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow"}]})", "Statement[0].Action is missing"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":[]}]})",
     "Statement[0].Action must not be empty"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":[1]}]})",
     "Statement[0].Action[0] must be a text"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"Get*"}]})",
     "Statement[0].Action must look like 'fc:GetService', 'fc:Get*' or '*' (actual: 'Get*')"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"fc:Get Service"}]})",
     "Statement[0].Action must look like"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]})",
     "Statement[0].NotAction must not stand beside Action"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*"}]})",
     "Statement[0].Resource is missing"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"services/x"}]})",
     "Statement[0].Resource must be '*' or look like 'acs:fc:*:*:services/name' (actual: "
     "'services/x')"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"acs:fc:*"}]})",
     "Statement[0].Resource must be '*' or look like"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","NotResource":"*"}]})",
     "Statement[0].NotResource is not known"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
         {"Effect":"Allow","Action":"*","Resource":"*","condition":{}}]})",
     "Statement[1].condition is not known"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":[]}]})",
     "Statement[0].Condition must be an object"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",
         "Condition":{"StringEquals":{"acs:SourceIp":"x"}}}]})",
     "Statement[0].Condition.StringEquals is not known (allowed: IpAddress, NotIpAddress, "
     "DateEquals, DateNotEquals, DateLessThan, DateLessThanEquals, DateGreaterThan, "
     "DateGreaterThanEquals)"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",
         "Condition":{"IpAddress":{"acs:CurrentTime":"x"}}}]})",
     "Statement[0].Condition.IpAddress.acs:CurrentTime is not known here (allowed: acs:SourceIp)"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",
         "Condition":{"IpAddress":{"acs:SourceIp":["10.0.0.0/33"]}}}]})",
     "Statement[0].Condition.IpAddress.acs:SourceIp must be an IP address or a network such as "
     "10.0.0.0/8 (actual: '10.0.0.0/33')"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",
         "Condition":{"IpAddress":{"acs:SourceIp":[]}}}]})",
     "Statement[0].Condition.IpAddress.acs:SourceIp must not be empty"},
    {R"({"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",
         "Condition":{"DateLessThan":{"acs:CurrentTime":"tomorrow"}}}]})",
     "Statement[0].Condition.DateLessThan.acs:CurrentTime must look like '2022-03-01T08:00:00Z' "
     "(actual: 'tomorrow')"},
};

TEST(Policy, NamesThePlaceOfEveryMistake) {
  for (const Bad& bad : badDocuments) {
    try {
      static_cast<void>(Policy::parse(bad.document));
      ADD_FAILURE() << "accepted: " << bad.document;
    } catch (const PolicyError& error) {
      EXPECT_EQ(std::string(error.what()).substr(0, bad.problem.size()), bad.problem)
          << bad.document;
    }
  }
  EXPECT_THROW(Policy::parse(std::string(Policy::maxDocument + 1, ' ')), PolicyError);
}

TEST(Permissions, AreTheIntersectionOfTheirBounds) {
  const std::string_view resources[] = {"acs:fc:r:1:services/shop"};
  const auto may = [&](const Permissions& permissions, std::string_view action) {
    return permissions.allow({.action = action, .resources = resources});
  };
  const auto documentsOf = [](std::initializer_list<std::string_view> names) {
    std::vector<std::string> out;
    for (const Document& document : documents) {
      if (std::ranges::find(names, document.name) != names.end()) out.emplace_back(document.text);
    }
    return out;
  };

  Permissions permissions;
  EXPECT_TRUE(permissions.unrestricted());
  EXPECT_TRUE(may(permissions, "openfc:CreateAccessKey"));

  permissions.bound(compile(documentsOf({"fc", "keys"})));
  EXPECT_FALSE(permissions.unrestricted());
  EXPECT_TRUE(may(permissions, "fc:DeleteService"));
  EXPECT_FALSE(may(permissions, "openfc:CreateAccessKey"));

  permissions.bound(compile(documentsOf({"reader", "all but deletes"})));
  EXPECT_TRUE(may(permissions, "fc:GetService"));
  EXPECT_FALSE(may(permissions, "fc:DeleteService"));

  permissions.bound(compile({}));
  EXPECT_FALSE(may(permissions, "fc:GetService"));
}

TEST(Wildcards, FitAsTheyShould) {
  struct Case {
    std::string_view pattern;
    std::string_view text;
    bool expected;
  };
  constexpr Case cases[] = {
      {"", "", true},           {"", "a", false},    {"*", "", true},        {"**", "abc", true},
      {"a*", "a", true},        {"a*b", "ab", true}, {"a*b", "acb", true},   {"a*b", "acbc", false},
      {"*a*b*", "xaxxb", true}, {"?", "", false},    {"?", "a", true},       {"?*", "", false},
      {"a?c", "abc", true},     {"a*a", "a", false}, {"a*bc", "abbc", true}, {"*.x", "a.b.x", true},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(fitsWildcards(one.pattern, one.text), one.expected) << one.pattern << " " << one.text;
  }
}

}  // namespace
}  // namespace openfc::auth
