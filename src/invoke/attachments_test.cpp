#include "invoke/attachments.h"

#include "base/error.h"
#include "schema/read.h"

#include <gtest/gtest.h>

namespace openfc::invoke {
namespace {

Attachments configured() {
  return {{{"nas.example:/"}, {"nas.example:/team/"}, {"other.example:/data"}},
          {{"vsw-1", "vpc-1"}, {"vsw-2", ""}}};
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
                       const Attachments& attachments = configured()) {
  schema::Problems problems;
  attachments.check(config, problems);
  return problems.text();
}

sandbox::Adoption adoptionOf(const model::ServiceConfig& config, sandbox::Shape& shape) {
  sandbox::Adoption adoption;
  configured().apply(config, shape, adoption);
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
  Attachments().apply(config, shape, adoption);
  EXPECT_TRUE(adoption.shares.empty());
}

}  // namespace
}  // namespace openfc::invoke
