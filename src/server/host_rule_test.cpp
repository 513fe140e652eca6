#include "server/host_rule.h"

#include <gtest/gtest.h>

namespace openfc::server {
namespace {

const HostRule& rule() {
  static const HostRule made({"openfc.test", "10.1.2.3"});
  return made;
}

http::Headers headersOf(const std::string& host, const std::string& origin = "") {
  http::Headers headers;
  headers.add("Host", host);
  if (!origin.empty()) headers.add("Origin", origin);
  return headers;
}

bool passes(const std::string& host, const std::string& origin = "") {
  return !rule().refusal(headersOf(host, origin));
}

TEST(HostRule, NamesThatNoStrangerCanHavePass) {
  for (const char* host :
       {"127.0.0.1:8016", "127.0.0.1", "127.8.9.10:1", "[::1]:8016", "[::1]", "[::ffff:127.0.0.1]",
        "localhost", "LocalHost:8016", "localhost.:8016", "a.localhost", "data.b.localhost:1",
        "1234567890123456.cn-hangzhou.fc.aliyuncs.com", "bucket.oss-cn-hangzhou.aliyuncs.com:80",
        "openfc.test:8016", "bucket.OPENFC.test", "10.1.2.3:80", ""}) {
    EXPECT_TRUE(passes(host)) << host;
  }
  EXPECT_FALSE(rule().refusal(http::Headers()));
}

TEST(HostRule, NamesOfStrangersAreRefused) {
  for (const char* host :
       {"evil.example:8016", "127.0.0.1.evil.example", "127.evil.example", "localhost.evil.example",
        "notlocalhost", "evilaliyuncs.com", "aliyuncs.com.evil.example", "xopenfc.test",
        "10.1.2.4:80", "0.0.0.0:8016", "[::]:8016", "[fe80::1]", "192.168.1.10:8016", ":8016",
        "127.1"}) {
    EXPECT_FALSE(passes(host)) << host;
  }
}

TEST(HostRule, TheOriginMustBeGoodToo) {
  for (const char* origin : {"http://localhost:3000", "http://127.0.0.1:8016", "http://[::1]:1",
                             "https://oss.console.aliyuncs.com", "https://openfc.test"}) {
    EXPECT_TRUE(passes("127.0.0.1:8016", origin)) << origin;
  }
  for (const char* origin : {"http://evil.example", "null", "http://evil.example:8016", "file://",
                             "http://localhost.evil.example", "localhost", "http://192.168.1.10"}) {
    EXPECT_FALSE(passes("127.0.0.1:8016", origin)) << origin;
  }
}

TEST(HostRule, TheReasonNamesHeaderValueAndSetting) {
  const std::string host = rule().refusal(headersOf("evil.example:1")).value_or("");
  const std::string origin =
      rule().refusal(headersOf("localhost", "http://b.example")).value_or("");

  EXPECT_TRUE(host.starts_with("Host 'evil.example:1' is no name of this server")) << host;
  EXPECT_NE(host.find("hostNames"), std::string::npos);
  EXPECT_TRUE(origin.starts_with("Origin 'http://b.example' ")) << origin;
}

TEST(HostRule, WhereAllAddressesPassTheOriginMustBeTheSame) {
  const HostRule all({}, HostRule::Addresses::all);

  EXPECT_FALSE(all.refusal(headersOf("192.168.1.10:8017")));
  EXPECT_FALSE(all.refusal(headersOf("[fe80::1]:8017")));
  EXPECT_FALSE(all.refusal(headersOf("192.168.1.10:8017", "http://192.168.1.10:8017")));
  EXPECT_TRUE(all.refusal(headersOf("192.168.1.10:8017", "http://192.168.1.11")));
  EXPECT_TRUE(all.refusal(headersOf("prometheus.example:8017")));
}

TEST(HostRule, ReadsTheHostOfAUrl) {
  EXPECT_EQ(hostOf(authorityOf("https://Fc.Example:8443/base?x")), "fc.example");
  EXPECT_EQ(hostOf(authorityOf("http://[::1]:80")), "::1");
  EXPECT_EQ(authorityOf("fc.example"), "");
}

}  // namespace
}  // namespace openfc::server
