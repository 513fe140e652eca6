#include "server/cloud_names.h"

#include <gtest/gtest.h>

#include <string>

namespace openfc::server {
namespace {

TEST(CloudNames, AreThoseOfOneRegion) {
  EXPECT_EQ(cloudNamesOf("cn-A"),
            (std::vector<std::string>{
                "host.openfc.internal", "*.cn-a.fc.aliyuncs.com", "oss-cn-a.aliyuncs.com",
                "*.oss-cn-a.aliyuncs.com", "*.cn-a-internal.fc.aliyuncs.com",
                "oss-cn-a-internal.aliyuncs.com", "*.oss-cn-a-internal.aliyuncs.com"}));
}

TEST(CloudNames, NotEveryTextIsAPartOfThem) {
  for (const char* region : {"cn-hangzhou", "local", "CN_1"}) EXPECT_TRUE(isPartOfNames(region));
  for (const std::string& region : {std::string(), std::string("a b"), std::string("a.b"),
                                    std::string("*"), std::string(41, 'a')}) {
    EXPECT_FALSE(isPartOfNames(region)) << region;
  }
}

}  // namespace
}  // namespace openfc::server
