#include "base/check.h"
#include "sandbox/sandbox_world_test.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace openfc::sandbox {
namespace {

/// The launcher lives in a network namespace of the test's own.
class InternetTest : public SandboxTest {
protected:
  void SetUp() override {
    SandboxTest::SetUp();
    if (IsSkipped()) return;
    home_.reset(static_cast<int>(
        check(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "open the namespace")));
    check(::unshare(CLONE_NEWNET), "make a network namespace");
    networkFlags_ = {"--network-range", "198.18.0.0/15", "--network-resolver", "192.0.2.1"};
    startLauncher();
    check(::setns(home_.get(), CLONE_NEWNET), "go home");
    for (const std::string& shortcoming : client_->shortcomings()) {
      if (shortcoming.find("nft") != std::string::npos) GTEST_SKIP() << shortcoming;
    }
  }

  Fd home_;
};

TEST_F(InternetTest, ASandboxHasAnAddressARouteAndAResolver) {
  const auto sandbox = create({Network::internet});

  const auto told = tell(
      *sandbox, {"/bin/sh", "-c",
                 "ls /sys 2>/dev/null; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | sort;"
                 "tail -n +2 /proc/net/route | cut -f1,2 | grep -c 00000000; grep -c nameserver "
                 "/etc/resolv.conf"});

  EXPECT_EQ(told.output, "eth0\nlo\n1\n1\n");
}

TEST_F(InternetTest, WithoutItThereIsLoopbackOnly) {
  const auto sandbox = create({Network::loopback});

  const auto told =
      tell(*sandbox, {"/bin/sh", "-c", "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '"});

  EXPECT_EQ(told.output, "lo\n");
}

TEST_F(InternetTest, ASocketOfTheServerReachesAProgramOnLoopback) {
  const auto sandbox = create({Network::internet});
  sandbox->start(
      {"/usr/bin/python3", "-S", "-c",
       "import socket\ns = socket.create_server(('127.0.0.1', 9000))\nprint('up', flush=True)\n"
       "c, a = s.accept()\nprint(c.recv(5).decode(), a[0])\n"},
      {}, "/");

  run(sayHello(loop_, *sandbox));
  const auto told = tellEnd(*sandbox);

  EXPECT_EQ(told.output, "up\nhello 127.0.0.1\n");
}

}  // namespace
}  // namespace openfc::sandbox
