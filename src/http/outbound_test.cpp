#include "http/outbound.h"

#include "base/error.h"
#include "http/server_fixture.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace openfc::http {
namespace {

TEST(OutboundPolicy, RefusesEveryAddressThatIsNotPublic) {
  for (const std::string address : {"0.0.0.0",
                                    "0.255.0.1",
                                    "10.0.0.1",
                                    "10.255.255.255",
                                    "100.64.0.1",
                                    "100.100.100.200",
                                    "100.127.255.255",
                                    "127.0.0.1",
                                    "127.255.255.254",
                                    "169.254.0.1",
                                    "169.254.169.254",
                                    "172.16.0.1",
                                    "172.31.255.255",
                                    "192.0.0.1",
                                    "192.0.0.192",
                                    "192.0.2.1",
                                    "192.88.99.1",
                                    "192.168.0.1",
                                    "198.18.0.1",
                                    "198.19.255.255",
                                    "198.51.100.7",
                                    "203.0.113.9",
                                    "224.0.0.1",
                                    "239.255.255.255",
                                    "240.0.0.1",
                                    "255.255.255.255",
                                    "::",
                                    "::1",
                                    "::127.0.0.1",
                                    "::8.8.8.8",
                                    "::ffff:127.0.0.1",
                                    "::ffff:169.254.169.254",
                                    "::ffff:0a00:0001",
                                    "::ffff:0:10.0.0.1",
                                    "64:ff9b::7f00:1",
                                    "64:ff9b::169.254.169.254",
                                    "64:ff9b:1::808:808",
                                    "100::1",
                                    "2001::1",
                                    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
                                    "2001:10::1",
                                    "2001:20::1",
                                    "2001:db8::1",
                                    "2002:7f00:1::",
                                    "2002:0808:0808::1",
                                    "3fff::1",
                                    "5f00::1",
                                    "fc00::1",
                                    "fd00:ec2::254",
                                    "fe80::1",
                                    "febf::1",
                                    "fec0::1",
                                    "ff02::1",
                                    "ff0e::1",
                                    "",
                                    "localhost",
                                    "127.1",
                                    "0x7f000001",
                                    "2130706433",
                                    "fe80::1%eth0",
                                    "8.8.8.8 "}) {
    EXPECT_FALSE(allows({}, "host.example", address, 443)) << address;
  }
}

TEST(OutboundPolicy, AllowsPublicAddresses) {
  for (const std::string address : {"8.8.8.8",        "1.1.1.1",          "9.255.255.255",
                                    "11.0.0.1",       "100.63.255.255",   "100.128.0.1",
                                    "128.0.0.1",      "169.253.255.255",  "172.15.255.255",
                                    "172.32.0.1",     "192.0.1.1",        "192.169.0.1",
                                    "198.17.255.255", "198.20.0.1",       "223.255.255.255",
                                    "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2001:4860:4860::8888",
                                    "2400:3200::1",   "2606:4700::1111",  "2003::1"}) {
    EXPECT_TRUE(allows({}, "host.example", address, 443)) << address;
  }
}

struct Exception {
  std::string entry;
  std::string host;
  std::string address;
  int port;
  bool allowed;
};

TEST(OutboundPolicy, MakesExceptionsByHostAddressRangeAndPort) {
  const std::vector<Exception> table{
      {"minio:9000", "minio", "10.0.0.5", 9000, true},
      {"MinIO:9000", "minio", "10.0.0.5", 9000, true},
      {"minio:9000", "minio", "10.0.0.5", 9001, false},
      {"minio:9000", "minio.evil", "10.0.0.5", 9000, false},
      {"minio", "minio", "10.0.0.5", 1, true},
      {"10.0.0.0/8", "any", "10.9.8.7", 80, true},
      {"10.0.0.0/8", "any", "::ffff:10.9.8.7", 80, true},
      {"10.0.0.0/8", "any", "192.168.0.1", 80, false},
      {"10.0.0.0/33", "any", "10.0.0.0", 80, false},
      {"10.0.0.0/x", "any", "10.0.0.0", 80, false},
      {"10.1.2.3:9000", "any", "10.1.2.3", 9000, true},
      {"10.1.2.3:9000", "10.1.2.3", "10.1.2.3", 80, false},
      {"10.1.2.3:http", "10.1.2.3", "10.1.2.3", 80, false},
      {"127.0.0.1", "localhost", "127.0.0.1", 80, true},
      {"127.0.0.1", "localhost", "127.0.0.2", 80, false},
      {"fd00::/8", "any", "fd12::1", 80, true},
      {"[fd12::1]:80", "any", "fd12::1", 80, true},
      {"[fd12::1]:80", "any", "fd12::1", 81, false},
      {"fd12::1", "any", "fd12::1", 81, true},
      {"", "", "10.0.0.1", 80, false},
      {":80", "", "10.0.0.1", 80, false},
  };
  for (const Exception& row : table) {
    const OutboundPolicy policy{{row.entry}};
    EXPECT_EQ(allows(policy, row.host, row.address, row.port), row.allowed)
        << row.entry << " for " << row.host << " at " << row.address << ":" << row.port;
  }
}

Request get(const std::string& url) {
  Request request;
  request.method = "GET";
  request.target = url;
  return request;
}

std::string refusalOf(const Outbound& outbound, const std::string& url) {
  try {
    (void)outbound.fetch(get(url));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalidArgument);
    return error.message();
  } catch (const std::exception& failure) {
    ADD_FAILURE() << url << ": " << failure.what();
  }
  return "";
}

TEST(Outbound, RefusesPrivateAddressesAndOtherSchemes) {
  const Outbound outbound{{}};

  EXPECT_NE(refusalOf(outbound, "http://127.0.0.1:9/").find("127.0.0.1:9"), std::string::npos);
  EXPECT_NE(refusalOf(outbound, "http://localhost:9/").find("not allowed"), std::string::npos);
  EXPECT_NE(refusalOf(outbound, "http://2130706433:9/").find("127.0.0.1:9"), std::string::npos);
  EXPECT_NE(refusalOf(outbound, "http://[::1]:9/").find("::1"), std::string::npos);
  for (const std::string url : {"file:///etc/passwd", "gopher://x/", "ftp://x/", "no url", ""}) {
    EXPECT_NE(refusalOf(outbound, url), "") << url;
  }
}

Task<Response> redirecting(Exchange& exchange) {
  const std::string target = exchange.request().target;
  const std::string port(exchange.request().headers.find("x-port").value_or(""));
  const std::string body = co_await exchange.body(1000);
  Response response;
  if (target == "/final" || target == "/echo") {
    response.body = exchange.request().method + " " + body + " " +
                    std::string(exchange.request().headers.find("authorization").value_or("none"));
    co_return response;
  }
  response.status = target == "/keep" ? 307 : 302;
  std::string location = "/final";
  if (target == "/loop") location = "/loop";
  if (target == "/private") location = "http://127.0.0.2:" + port + "/final";
  if (target == "/host") location = "http://localhost:" + port + "/final";
  if (target == "/file") location = "file:///etc/passwd";
  response.headers.add("Location", location);
  co_return response;
}

class OutboundTo : public ::testing::Test {
protected:
  Response fetch(std::string method, const std::string& path, std::string body = "") {
    Request request = get(fmt::format("http://127.0.0.1:{}{}", server_.port(), path));
    request.method = std::move(method);
    request.body = std::move(body);
    request.headers.add("X-Port", std::to_string(server_.port()));
    request.headers.add("Authorization", "secret");
    return outbound_.fetch(request, options_);
  }

  TestServer server_{redirecting};
  Outbound outbound_{{{"127.0.0.1", "localhost"}}};
  Outbound::Options options_;
};

TEST_F(OutboundTo, SendsAndReceives) {
  EXPECT_EQ(fetch("PUT", "/echo", "abc").body, "PUT abc secret");
  EXPECT_EQ(fetch("GET", "/echo").body, "GET  secret");
  EXPECT_EQ(fetch("HEAD", "/echo").body, "");
}

TEST_F(OutboundTo, FollowsRedirectsAsHttpSays) {
  EXPECT_EQ(fetch("POST", "/see", "abc").body, "GET  secret");
  EXPECT_EQ(fetch("POST", "/keep", "abc").body, "POST abc secret");
}

TEST_F(OutboundTo, KeepsSecretsFromOtherHosts) {
  EXPECT_EQ(fetch("GET", "/host").body, "GET  none");
}

TEST_F(OutboundTo, AppliesThePolicyToRedirects) {
  EXPECT_THROW(fetch("GET", "/private"), Error);
  EXPECT_THROW(fetch("GET", "/file"), Error);
}

TEST_F(OutboundTo, EndsALoopOfRedirects) {
  EXPECT_THROW(fetch("GET", "/loop"), std::runtime_error);
}

TEST_F(OutboundTo, RefusesALargeAnswer) {
  options_.maxBody = 5;
  EXPECT_THROW(fetch("GET", "/echo"), Error);
}

}  // namespace
}  // namespace openfc::http
