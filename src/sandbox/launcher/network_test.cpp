#include "sandbox/launcher/network.h"

#include "sandbox/launcher/firewall.h"
#include "sandbox/launcher/network_world_test.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>

namespace openfc::sandbox::launcher {
namespace {

constexpr std::uint16_t port = 8080;

bool mayMakeNamespaces() {
  const Fd before(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
  return geteuid() == 0 && unshare(CLONE_NEWNET) == 0 && setns(before.get(), CLONE_NEWNET) == 0;
}

unsigned linksOfThisNamespace() {
  struct if_nameindex* all = if_nameindex();
  unsigned count = 0;
  while (all[count].if_index != 0) ++count;
  if_freenameindex(all);
  return count;
}

NetworkConfig plainConfig() {
  return {.scope = "test", .exceptions = {}, .resolvers = {World::publicServer}};
}

/// The sandboxes' network on a host in a World, with two sandboxes attached.
class NetworkTest : public testing::Test {
protected:
  void SetUp() override {
    if (!mayMakeNamespaces()) GTEST_SKIP() << "needs root and network namespaces";
    world_.emplace();
  }

  void open(NetworkConfig config = plainConfig()) {
    network_.emplace(std::move(config));
    ASSERT_TRUE(network_->usable()) << network_->shortcomings().front();
    sandbox_ = world_->newNamespace();
    neighbour_ = world_->newNamespace();
    network_->attach(sandbox_.get(), 0);
    network_->attach(neighbour_.get(), 1);
  }

  int reach(const std::string& address, std::uint16_t to = port) const {
    return world_->connectFrom(sandbox_.get(), address, to);
  }

  std::optional<World> world_;
  std::optional<Network> network_;
  Fd sandbox_;
  Fd neighbour_;
};

TEST_F(NetworkTest, SetsUpWithoutShortcomings) {
  open();

  EXPECT_TRUE(network_->shortcomings().empty()) << network_->shortcomings().front();
}

TEST_F(NetworkTest, ReachesPublicServersBehindTheHostsAddress) {
  open();
  const Fd server = world_->datagramsIn(world_->outside(), World::publicServer, port);
  const Fd client = world_->datagramsIn(sandbox_.get(), "0.0.0.0", 0);

  sendTo(client, "hello", World::publicServer, port);

  const Received question = receive(server);
  EXPECT_EQ(question.text, "hello");
  EXPECT_EQ(question.address, World::hostAddress);
  sendTo(server, "answer", question.address, question.port);
  EXPECT_EQ(receive(client).text, "answer");
}

TEST_F(NetworkTest, RefusesEveryPrivateAndMetadataAddress) {
  open();
  const Fd server = world_->listenIn(world_->outside(), "0.0.0.0", port);

  EXPECT_EQ(reach(World::publicServer), 0);
  for (const char* address : {"10.1.2.3", "172.16.9.9", "192.168.5.5", "100.100.100.200",
                              "169.254.169.254", "198.19.255.9"}) {
    EXPECT_EQ(reach(address), EHOSTUNREACH) << address;
  }
}

TEST_F(NetworkTest, ReachesPrivateAddressesOnceTheFirewallIsOff) {
#ifndef OPENFC_TEST_HOOKS
  GTEST_SKIP() << "needs a build with OPENFC_TEST_HOOKS";
#endif
  setenv("OPENFC_DEFENCES_OFF", "seccomp,firewall", 1);
  open();
  unsetenv("OPENFC_DEFENCES_OFF");
  const Fd server = world_->listenIn(world_->outside(), "0.0.0.0", port);
  const Fd onHost = world_->listenIn(world_->host(), "0.0.0.0", port);
  const Fd atNeighbour = world_->listenIn(neighbour_.get(), "0.0.0.0", port);

  for (const char* address :
       {"10.1.2.3", "172.16.9.9", "192.168.5.5", "100.100.100.200", "169.254.169.254"}) {
    EXPECT_EQ(reach(address), 0) << address;
  }
  EXPECT_EQ(reach(World::hostAddress), 0);
  EXPECT_EQ(reach(network_->addressOf(1)), 0);
}

NetworkConfig withPrivates(std::vector<std::string> privates) {
  NetworkConfig config = plainConfig();
  config.privates = std::move(privates);
  return config;
}

TEST_F(NetworkTest, AGrantOpensAPrivateNetworkToOneSandbox) {
  open(withPrivates({"172.16.9.0/24", "10.1.0.0/16,192.168.5.5"}));
  const Fd server = world_->listenIn(world_->outside(), "0.0.0.0", port);

  network_->grant(0, {.privates = 2});

  EXPECT_EQ(reach("10.1.2.3"), 0);
  EXPECT_EQ(reach("192.168.5.5"), 0);
  EXPECT_EQ(reach("172.16.9.9"), EHOSTUNREACH);
  EXPECT_EQ(reach("169.254.169.254"), EHOSTUNREACH);
  EXPECT_EQ(reach(World::publicServer), 0);
  EXPECT_EQ(world_->connectFrom(neighbour_.get(), "10.1.2.3", port), EHOSTUNREACH);
}

TEST_F(NetworkTest, AGrantMayLeavePrivateNetworksOnly) {
  NetworkConfig config = withPrivates({"10.1.0.0/16"});
  config.exceptions = {"172.16.0.0/12"};
  open(std::move(config));
  const Fd server = world_->listenIn(world_->outside(), "0.0.0.0", port);

  network_->grant(0, {.privates = 1, .only = true});

  EXPECT_EQ(reach("10.1.2.3"), 0);
  EXPECT_EQ(reach(World::publicServer), EHOSTUNREACH);
  EXPECT_EQ(reach("172.16.9.9"), EHOSTUNREACH);
  EXPECT_EQ(world_->connectFrom(neighbour_.get(), World::publicServer, port), 0);
}

TEST_F(NetworkTest, AGrantMayOpenALinkOfTheHost) {
  open(withPrivates({"@" + std::string(World::hostLink)}));
  const Fd server = world_->listenIn(world_->outside(), "0.0.0.0", port);

  network_->grant(0, {.privates = 1, .only = true});

  EXPECT_EQ(reach("10.1.2.3"), 0);
  EXPECT_EQ(reach(World::hostAddress), EHOSTUNREACH);
  EXPECT_EQ(reach(network_->addressOf(1)), EHOSTUNREACH);
}

TEST_F(NetworkTest, AGrantEndsWithItsSandbox) {
  open(withPrivates({"10.1.0.0/16"}));
  const Fd server = world_->listenIn(world_->outside(), "0.0.0.0", port);
  network_->grant(0, {.privates = 1});

  network_->detach(0);
  sandbox_ = world_->newNamespace();
  network_->attach(sandbox_.get(), 0);

  EXPECT_EQ(reach("10.1.2.3"), EHOSTUNREACH);
}

TEST_F(NetworkTest, UnknownGrantsAreRefused) {
  open(withPrivates({"10.1.0.0/16"}));

  EXPECT_THROW(network_->grant(0, {.privates = 2}), std::runtime_error);
  EXPECT_THROW(network_->grant(7, {.privates = 1}), std::runtime_error);
}

TEST(PrivateNetworkText, BadOnesAreRefused) {
  for (const char* text : {"", "10.1.2.3/8", "@", "@a b", "@0123456789abcdef", "10.0.0.0/8,", "x"})
    EXPECT_THROW(toPrivateNetwork(text), std::invalid_argument) << text;
}

TEST_F(NetworkTest, RefusesTheHostsOwnPorts) {
  open();
  const Fd server = world_->listenIn(world_->host(), "0.0.0.0", port);

  EXPECT_EQ(reach(World::hostAddress), EHOSTUNREACH);
  EXPECT_EQ(reach(network_->gateway()), EHOSTUNREACH);
  EXPECT_EQ(reach("127.0.0.1"), ECONNREFUSED) << "its own loopback, where nobody listens";
}

TEST_F(NetworkTest, RefusesOtherSandboxes) {
  open();
  const Fd server = world_->listenIn(neighbour_.get(), "0.0.0.0", port);

  EXPECT_EQ(reach(network_->addressOf(1)), EHOSTUNREACH);
}

TEST_F(NetworkTest, RefusesSandboxesOfAnotherLauncher) {
  open();
  Network other({.scope = "other", .resolvers = {World::publicServer}});
  const Fd theirs = world_->newNamespace();
  other.attach(theirs.get(), 0);
  const Fd server = world_->listenIn(theirs.get(), "0.0.0.0", port);

  EXPECT_NE(other.gateway(), network_->gateway());
  EXPECT_NE(reach(other.addressOf(0)), 0);
  EXPECT_NE(reach(other.gateway(), 53), 0);
}

TEST_F(NetworkTest, LetsNobodyInFromOutside) {
  open();
  const Fd server = world_->listenIn(sandbox_.get(), "0.0.0.0", port);

  EXPECT_EQ(world_->connectFrom(world_->outside(), network_->addressOf(0), port), ETIMEDOUT);
  EXPECT_NE(world_->connectFrom(world_->host(), network_->addressOf(0), port), 0);
  EXPECT_EQ(world_->connectFrom(world_->outside(), network_->gateway(), 53), ETIMEDOUT);
}

TEST_F(NetworkTest, OpensExceptionsAndNothingBesides) {
  NetworkConfig config = plainConfig();
  config.exceptions = {"10.1.2.3:5432", "192.168.5.0/24"};
  open(std::move(config));
  const Fd database = world_->listenIn(world_->outside(), "0.0.0.0", 5432);
  const Fd server = world_->listenIn(world_->outside(), "0.0.0.0", port);

  EXPECT_EQ(reach("10.1.2.3", 5432), 0);
  EXPECT_EQ(reach("10.1.2.3"), EHOSTUNREACH);
  EXPECT_EQ(reach("192.168.5.5"), 0);
  EXPECT_EQ(reach("172.16.9.9", 5432), EHOSTUNREACH);
}

TEST_F(NetworkTest, DropsPacketsWithAnotherSourceAddress) {
  open();
  const Fd server = world_->datagramsIn(world_->outside(), World::publicServer, port);
  {
    const NamespaceVisit visit(sandbox_.get(), world_->host());
    Netlink inside;
    inside.addAddress(inside.linkNamed("eth0"), toBlock(network_->addressOf(1)));
  }
  const Fd liar = world_->datagramsIn(sandbox_.get(), network_->addressOf(1), 0);
  const Fd honest = world_->datagramsIn(sandbox_.get(), network_->addressOf(0), 0);

  sendTo(liar, "from a neighbour", World::publicServer, port);
  sendTo(honest, "from me", World::publicServer, port);

  EXPECT_EQ(receive(server).text, "from me");
}

TEST_F(NetworkTest, HasNoIpv6ButOnLoopback) {
  open();
  const NamespaceVisit visit(sandbox_.get(), world_->host());

  char value = '0';
  const Fd file(::open("/proc/sys/net/ipv6/conf/eth0/disable_ipv6", O_RDONLY | O_CLOEXEC));
  if (!file) GTEST_SKIP() << "the kernel has no IPv6";
  ASSERT_EQ(read(file.get(), &value, 1), 1);
  EXPECT_EQ(value, '1');
}

TEST_F(NetworkTest, AnswersNamesByAskingTheUpstreamResolver) {
  open();
  const Fd upstream = world_->datagramsIn(world_->outside(), World::publicServer, 53);
  const Fd client = world_->datagramsIn(sandbox_.get(), "0.0.0.0", 0);
  const std::string question = "\x12\x34 what is the address";

  sendTo(client, question, network_->gateway(), 53);
  const Received forwarded = receive(upstream);
  ASSERT_EQ(forwarded.text.substr(2), question.substr(2));
  sendTo(upstream, forwarded.text.substr(0, 2) + " it is 1.2.3.4", forwarded.address,
         forwarded.port);
  const Received answer = receive(client);

  EXPECT_EQ(answer.text, "\x12\x34 it is 1.2.3.4");
  EXPECT_EQ(answer.address, network_->gateway());
}

TEST_F(NetworkTest, AnswersNamesOverTcp) {
  open();
  const Fd upstream = world_->listenIn(world_->outside(), World::publicServer, 53);

  EXPECT_EQ(reach(network_->gateway(), 53), 0);
  EXPECT_TRUE(readable(upstream)) << "the resolver passes the connection on";
}

TEST_F(NetworkTest, SaysServerFailureWhenNoUpstreamAnswers) {
  open();
  const Fd client = world_->datagramsIn(sandbox_.get(), "0.0.0.0", 0);

  sendTo(client, std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12),
         network_->gateway(), 53);

  EXPECT_EQ(receive(client).text,
            std::string("\x12\x34\x81\x82\x00\x01\x00\x00\x00\x00\x00\x00", 12));
}

TEST_F(NetworkTest, StartsAResolverThatEndedAgain) {
  open();
  const pid_t first = network_->resolver();
  kill(first, SIGKILL);
  waitpid(first, nullptr, 0);

  EXPECT_FALSE(network_->childEnded(1));
  EXPECT_TRUE(network_->childEnded(first));

  EXPECT_NE(network_->resolver(), first);
  EXPECT_EQ(kill(network_->resolver(), 0), 0);
}

TEST_F(NetworkTest, GivesASlotAgainWhileItsOldNamespaceLives) {
  open();
  const Fd server = world_->listenIn(world_->outside(), "0.0.0.0", port);
  const Fd successor = world_->newNamespace();

  network_->detach(0);
  network_->attach(successor.get(), 0);

  EXPECT_EQ(world_->connectFrom(successor.get(), World::publicServer, port), 0);
  EXPECT_NE(reach(World::publicServer), 0) << "the old namespace has lost its way";
}

/// A launcher's network with one sandbox attached, in a process that stays.
pid_t processWithANetwork(const World& world) {
  const pid_t process = fork();
  if (process != 0) return process;
  try {
    Network network(plainConfig());
    const Fd sandbox = world.newNamespace();
    network.attach(sandbox.get(), 0);
    for (;;) pause();
  } catch (const std::exception&) {
    _exit(1);  // never back into the tests
  }
}

TEST_F(NetworkTest, SweepsWhatAKilledLauncherOfItsScopeLeft) {
  const pid_t killed = processWithANetwork(*world_);
  // Two of the host's own, two of the gateway, one of the sandbox.
  while (linksOfThisNamespace() < 5) {
    ASSERT_EQ(waitpid(killed, nullptr, WNOHANG), 0) << "it ended by itself";
    sched_yield();
  }
  kill(killed, SIGKILL);
  waitpid(killed, nullptr, 0);

  open();

  EXPECT_TRUE(network_->shortcomings().empty()) << network_->shortcomings().front();
  EXPECT_EQ(linksOfThisNamespace(), 6U);
  EXPECT_EQ(reach(World::publicServer), ECONNREFUSED) << "the way is open, nobody listens";
}

TEST_F(NetworkTest, LeavesNothingBehind) {
  open();
  const pid_t resolver = network_->resolver();

  network_.reset();

  EXPECT_EQ(linksOfThisNamespace(), 2U);
  EXPECT_EQ(kill(resolver, 0), -1);
}

TEST_F(NetworkTest, RefusesItsOwnNamespace) {
  open();

  EXPECT_THROW(network_->attach(world_->host(), 2), std::runtime_error);
}

TEST_F(NetworkTest, BringsUpLoopbackOnly) {
  const Fd sandbox = world_->newNamespace();

  Network::loopback(sandbox.get());

  EXPECT_EQ(world_->connectFrom(sandbox.get(), "127.0.0.1", port), ECONNREFUSED);
  EXPECT_EQ(world_->connectFrom(sandbox.get(), World::publicServer, port), ENETUNREACH);
}

TEST_F(NetworkTest, RefusesToAttachWithoutAFreeBlock) {
  const NetworkConfig config{
      .scope = "first", .range = "198.18.16.0/24", .resolvers = {World::publicServer}};
  const Network first(config);
  NetworkConfig same = config;
  same.scope = "second";
  Network second(same);
  const Fd sandbox = world_->newNamespace();

  EXPECT_TRUE(first.usable());
  EXPECT_FALSE(second.usable());
  EXPECT_THROW(second.attach(sandbox.get(), 0), std::runtime_error);
}

TEST(NetworkConfig, RefusesWhatMakesNoSense) {
  EXPECT_THROW(Network({.scope = "a b"}), std::invalid_argument);
  EXPECT_THROW(Network({.scope = "a", .range = "198.18.0.1/15"}), std::invalid_argument);
  EXPECT_THROW(Network({.scope = "a", .range = "198.18.0.0/30"}), std::invalid_argument);
  EXPECT_THROW(Network({.scope = "a", .exceptions = {"10.0.0.0/8:0"}}), std::invalid_argument);
}

}  // namespace
}  // namespace openfc::sandbox::launcher
