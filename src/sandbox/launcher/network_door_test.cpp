#include "sandbox/launcher/door_sockets.h"
#include "sandbox/launcher/network.h"
#include "sandbox/launcher/network_world_test.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::sandbox::launcher {
namespace {

constexpr std::uint16_t dns = 53;
constexpr std::uint16_t http = 80;
constexpr std::uint16_t https = 443;

bool mayMakeNamespaces() {
  const Fd before(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  return geteuid() == 0 && unshare(CLONE_NEWNET) == 0 && setns(before.get(), CLONE_NEWNET) == 0;
}

NetworkConfig doorConfig() {
  return {.scope = "test",
          .exceptions = {},
          .privates = {"10.1.0.0/16"},
          .ownNames = {"host.openfc.internal", "*.oss-cn-a.aliyuncs.com"},
          .resolvers = {World::publicServer}};
}

std::string questionFor(std::initializer_list<std::string_view> labels) {
  std::string question("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12);
  for (const std::string_view label : labels)
    question += static_cast<char>(label.size()) + std::string(label);
  return question + std::string("\0\0\1\0\1", 5);
}

/// A network whose sandboxes reach the node's own services, on a host that has servers of its own
/// on the very ports.
class NetworkDoorTest : public testing::Test {
protected:
  void SetUp() override {
    if (!mayMakeNamespaces()) GTEST_SKIP() << "needs root and network namespaces";
    world_.emplace();
    for (const std::uint16_t port : {http, https, std::uint16_t{8016}})
      hosts_.push_back(world_->listenIn(world_->host(), "0.0.0.0", port));
    network_.emplace(doorConfig());
    ASSERT_TRUE(network_->shortcomings().empty()) << network_->shortcomings().front();
    door_ = network_->takeDoor();
    ASSERT_EQ(door_.size(), 2);
    sandbox_ = world_->newNamespace();
    neighbour_ = world_->newNamespace();
    network_->attach(sandbox_.get(), 0);
    network_->attach(neighbour_.get(), 1);
  }

  int reach(std::uint16_t port) const {
    return world_->connectFrom(sandbox_.get(), network_->gateway(), port);
  }
  static bool accepts(const Fd& listening) {
    return readable(listening) && Fd(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  std::optional<World> world_;
  std::vector<Fd> hosts_;
  std::optional<Network> network_;
  std::vector<Fd> door_;
  Fd sandbox_;
  Fd neighbour_;
};

TEST_F(NetworkDoorTest, ItsPortsLeadToTheServer) {
  EXPECT_EQ(reach(http), 0);
  EXPECT_TRUE(accepts(door_[0]));
  EXPECT_EQ(reach(https), 0);
  EXPECT_TRUE(accepts(door_[1]));
}

TEST_F(NetworkDoorTest, NothingElseOfTheHostAnswers) {
  EXPECT_EQ(reach(8016), EHOSTUNREACH);
  EXPECT_EQ(reach(portOf(door_[0])), EHOSTUNREACH) << "past the door";
  EXPECT_EQ(world_->connectFrom(sandbox_.get(), World::hostAddress, http), EHOSTUNREACH);
  EXPECT_EQ(world_->connectFrom(world_->outside(), network_->gateway(), http), ETIMEDOUT);
}

TEST_F(NetworkDoorTest, WhoHasPrivateNetworksOnlyDoesNotReachIt) {
  network_->grant(0, {.privates = 1, .only = true});

  EXPECT_EQ(reach(http), EHOSTUNREACH);
  EXPECT_EQ(reach(dns), 0);
  EXPECT_EQ(world_->connectFrom(neighbour_.get(), network_->gateway(), http), 0);
}

TEST_F(NetworkDoorTest, OneSandboxCannotTakeAllConnections) {
  std::vector<Fd> held;
  int refused = 0;
  for (int i = 0; i < 140 && refused == 0; ++i) {
    refused = reach(http);
    if (refused == 0) held.emplace_back(accept4(door_[0].get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  EXPECT_EQ(refused, ECONNREFUSED);
  EXPECT_GE(held.size(), 100);
  EXPECT_EQ(world_->connectFrom(neighbour_.get(), network_->gateway(), http), 0);
}

TEST_F(NetworkDoorTest, ItsNamesAreAnsweredWithoutTheUpstream) {
  const Fd upstream = world_->datagramsIn(world_->outside(), World::publicServer, dns);
  const Fd client = world_->datagramsIn(sandbox_.get(), "0.0.0.0", 0);
  const std::string other = questionFor({"other", "aliyuncs", "com"});

  sendTo(client, questionFor({"data", "oss-cn-a", "aliyuncs", "com"}), network_->gateway(), dns);
  const std::string answer = receive(client).text;
  ASSERT_GT(answer.size(), 4);
  std::string address;
  for (const char part : answer.substr(answer.size() - 4))
    address += (address.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(part));
  EXPECT_EQ(address, network_->gateway());

  sendTo(client, other, network_->gateway(), dns);
  EXPECT_TRUE(receive(upstream).text.substr(2) == other.substr(2));
}

}  // namespace
}  // namespace openfc::sandbox::launcher
