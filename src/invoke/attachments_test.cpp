#include "invoke/attachments.h"

#include "base/error.h"
#include "schema/read.h"

#include <gtest/gtest.h>

namespace openfc::invoke {
namespace {

constexpr std::string_view own = "1000";
constexpr std::string_view foreign = "2000";

Attachments configured() {
  const std::vector<std::string> accounts = {"1000"};
  return {{{"nas.example:/", accounts},
           {"nas.example:/team/", accounts},
           {"other.example:/data", accounts}},
          {{"vsw-1", "vpc-1", accounts}, {"vsw-2", "", accounts}}};
}

model::ServiceConfig mounting(std::vector<model::NasMountPoint> points) {
  model::ServiceConfig config;
  config.nasConfig = {.userId = 10003, .groupId = 7, .mountPoints = std::move(points)};
  return config;
}

model::ServiceConfig attached(std::string vpcId, std::vector<std::string> switches) {
  model::ServiceConfig config;
  config.vpcConfig = {.vpcId = std::move(vpcId), .vSwitchIds = std::move(switches)};
  return config;
}

std::string problemsOf(const model::ServiceConfig& config,
                       const Attachments& attachments = configured(),
                       std::string_view account = own) {
  schema::Problems problems;
  attachments.check(account, config, problems);
  return problems.text();
}

sandbox::Adoption adoptionOf(const model::ServiceConfig& config, sandbox::Shape& shape) {
  sandbox::Adoption adoption;
  configured().apply(own, config, shape, adoption);
  return adoption;
}

TEST(Attachments, TheServerThatNamesMostOfAnAddressIsMounted) {
  sandbox::Shape shape;

  const auto shares = adoptionOf(mounting({{"nas.example:/team/a/b", "/mnt/a/"},
                                           {"nas.example:/else", "/home/x"},
                                           {"other.example:/data", "/data"}}),
                                 shape)
                          .shares;

  ASSERT_EQ(shares.size(), 3u);
  EXPECT_EQ(shares[0].number, 1);
  EXPECT_EQ(shares[0].below, "a/b");
  EXPECT_EQ(shares[0].place, "/mnt/a");
  EXPECT_EQ(shares[0].user, 10003);
  EXPECT_EQ(shares[0].group, 7);
  EXPECT_EQ(shares[1].number, 0);
  EXPECT_EQ(shares[1].below, "else");
  EXPECT_EQ(shares[2].number, 2);
  EXPECT_EQ(shares[2].below, "");
}

TEST(Attachments, WhatCannotBeMountedIsToldWithItsMember) {
  EXPECT_EQ(problemsOf(mounting({{"elsewhere:/", "/mnt/x"}})),
            "nasConfig.mountPoints[0].serverAddr: there is no NAS server 'elsewhere:/'");
  EXPECT_EQ(problemsOf(mounting({{"nas.example:/", "/usr/x"}})),
            "nasConfig.mountPoints[0].mountDir: '/usr/x' is not /mnt, /home, /data or a directory "
            "below");
  EXPECT_EQ(problemsOf(mounting({{"nas.example:/", "/mnt/x"}, {"nas.example:/a", "/mnt/x/y"}})),
            "nasConfig.mountPoints[1].mountDir: '/mnt/x/y' overlaps with '/mnt/x'");
  for (const char* address : {"other.example:/database", "nas.example:/../x", "nas.example", ""})
    EXPECT_NE(problemsOf(mounting({{address, "/mnt/x"}})), "") << address;
}

TEST(Attachments, AnotherAccountsRowsAreAsUnknownAsNoRows) {
  const auto mount = mounting({{"nas.example:/", "/mnt/x"}});
  const auto reach = attached("", {"vsw-2"});

  EXPECT_EQ(problemsOf(mount, configured(), foreign),
            "nasConfig.mountPoints[0].serverAddr: there is no NAS server 'nas.example:/'");
  EXPECT_EQ(problemsOf(reach, configured(), foreign),
            "vpcConfig.vSwitchIds: there is no vSwitch 'vsw-2'");
  for (const auto& config : {mount, reach}) {
    sandbox::Shape shape{sandbox::Network::loopback};
    sandbox::Adoption adoption;
    EXPECT_THROW(configured().apply(foreign, config, shape, adoption), Error);
    EXPECT_EQ(shape.network, sandbox::Network::loopback);
  }
}

TEST(Attachments, AnotherAccountsDirectoryIsNotHadThroughOneAboveIt) {
  const Attachments attachments({{"nas.example:/", {"1000", "2000"}}, {"nas.example:/a", {"1000"}}},
                                {});

  EXPECT_EQ(problemsOf(mounting({{"nas.example:/b", "/mnt/x"}}), attachments, foreign), "");
  for (const char* address : {"nas.example:/a", "nas.example:/a/b", "nas.example:/a/"})
    EXPECT_NE(problemsOf(mounting({{address, "/mnt/x"}}), attachments, foreign), "") << address;
}

TEST(Attachments, OneAddressMayStandForADirectoryOfEachAccount) {
  const Attachments attachments({{"nas.example:/", {"1000"}}, {"nas.example:/", {"2000"}}},
                                {{"vsw", "", {"1000"}}, {"vsw", "", {"2000"}}});
  auto config = mounting({{"nas.example:/a", "/mnt/x"}});
  config.vpcConfig.vSwitchIds = {"vsw"};

  for (const auto& [account, number] : {std::pair(own, 0), std::pair(foreign, 1)}) {
    sandbox::Shape shape;
    sandbox::Adoption adoption;
    attachments.apply(account, config, shape, adoption);
    ASSERT_EQ(adoption.shares.size(), 1u);
    EXPECT_EQ(adoption.shares[0].number, number);
    EXPECT_EQ(adoption.privateNetworks, 1u << number);
  }
}

TEST(Attachments, ARowMaySayWhomFunctionsAreThere) {
  const Attachments attachments({{"nas.example:/", {"1000"}, 501, 20}}, {});
  sandbox::Shape shape;
  sandbox::Adoption adoption;

  attachments.apply(own, mounting({{"nas.example:/", "/mnt/x"}}), shape, adoption);

  ASSERT_EQ(adoption.shares.size(), 1u);
  EXPECT_EQ(adoption.shares[0].user, 501);
  EXPECT_EQ(adoption.shares[0].group, 20);
}

TEST(Attachments, VSwitchesOpenTheirNetworks) {
  sandbox::Shape shape{sandbox::Network::internet};

  const auto adoption = adoptionOf(attached("vpc-1", {"vsw-2", "vsw-1"}), shape);

  EXPECT_EQ(adoption.privateNetworks, 3u);
  EXPECT_FALSE(adoption.onlyPrivate);
}

TEST(Attachments, WithoutInternetAVSwitchIsAllThatIsReached) {
  sandbox::Shape shape{sandbox::Network::loopback};

  const auto adoption = adoptionOf(attached("", {"vsw-2"}), shape);

  EXPECT_EQ(adoption.privateNetworks, 2u);
  EXPECT_TRUE(adoption.onlyPrivate);
  EXPECT_EQ(shape.network, sandbox::Network::internet);
}

TEST(Attachments, NothingChangesForAServiceWithoutAny) {
  sandbox::Shape shape{sandbox::Network::loopback};

  const auto adoption = adoptionOf(attached("", {""}), shape);

  EXPECT_EQ(adoption.privateNetworks, 0u);
  EXPECT_EQ(shape.network, sandbox::Network::loopback);
  EXPECT_TRUE(adoption.shares.empty());
}

TEST(Attachments, UnknownVSwitchesAreTold) {
  EXPECT_EQ(problemsOf(attached("vpc-1", {"vsw-9"})),
            "vpcConfig.vSwitchIds: there is no vSwitch 'vsw-9'");
  EXPECT_EQ(problemsOf(attached("vpc-2", {"vsw-1"})),
            "vpcConfig.vSwitchIds: vSwitch 'vsw-1' is not in VPC 'vpc-2'");
  sandbox::Shape shape;
  EXPECT_THROW(adoptionOf(attached("", {"vsw-9"}), shape), Error);
}

TEST(Attachments, WithoutAConfigurationEverythingIsOnlyRecorded) {
  model::ServiceConfig config = mounting({{"elsewhere:/", "/usr/x"}});
  config.vpcConfig = {.vpcId = "v", .vSwitchIds = {"vsw-9"}};

  EXPECT_EQ(problemsOf(config, {}), "");
  sandbox::Shape shape;
  sandbox::Adoption adoption;
  Attachments().apply(own, config, shape, adoption);
  EXPECT_TRUE(adoption.shares.empty());
}

}  // namespace
}  // namespace openfc::invoke
