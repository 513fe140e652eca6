#include "base/check.h"
#include "sandbox/sandbox_world_test.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

namespace openfc::sandbox {
namespace {

namespace fs = std::filesystem;

/// A file system that greets the kernel, takes all its questions and never answers: who asked
/// waits where no signal reaches him.
class SilentFileSystem {
public:
  explicit SilentFileSystem(std::string place)
      : place_(std::move(place)), device_(::open("/dev/fuse", O_RDWR | O_CLOEXEC)) {
    if (!device_) return;
    const std::string options =
        fmt::format("fd={},rootmode=40000,user_id=0,group_id=0", device_.get());
    mounted_ = ::mount("silent", place_.c_str(), "fuse", 0, options.c_str()) == 0;
    if (!mounted_) return;
    thread_ = std::thread([this] {
      if (greet()) listen();
    });
  }
  ~SilentFileSystem() {
    if (!mounted_) return;
    ::umount2(place_.c_str(), MNT_DETACH);
    check(::eventfd_write(end_.get(), 1), "end a file system");
    thread_.join();
    device_.reset();  // whoever waits is let go
  }
  SilentFileSystem(const SilentFileSystem&) = delete;
  SilentFileSystem& operator=(const SilentFileSystem&) = delete;

  bool mounted() const { return mounted_; }

private:
  struct Greeting {
    fuse_out_header head;
    fuse_init_out body;
  };

  using Question = std::array<char, 65536>;

  bool greet() const {
    alignas(fuse_in_header) Question asked;
    if (::read(device_.get(), asked.data(), asked.size()) <= 0) return false;
    fuse_in_header head{};
    std::memcpy(&head, asked.data(), sizeof head);
    Greeting greeting{};
    greeting.head = {.len = sizeof greeting, .error = 0, .unique = head.unique};
    greeting.body.major = FUSE_KERNEL_VERSION;
    greeting.body.minor = FUSE_KERNEL_MINOR_VERSION;
    greeting.body.max_write = 4096;
    return ::write(device_.get(), &greeting, sizeof greeting) > 0;
  }

  void listen() const {
    Question asked;
    std::array<pollfd, 2> events{{{device_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    while (::poll(events.data(), events.size(), -1) > 0 && events[1].revents == 0) {
      if (::read(device_.get(), asked.data(), asked.size()) <= 0) return;
    }
  }

  std::string place_;
  Fd device_;
  Fd end_{::eventfd(0, EFD_CLOEXEC)};
  bool mounted_ = false;
  std::thread thread_;
};

/// The first share does not answer, the second one is a plain directory.
class HangingShareTest : public SandboxTest {
protected:
  void SetUp() override {
    SandboxTest::SetUp();
    if (IsSkipped()) return;
    shares_ = {directory_.path() + "/silent", directory_.path() + "/plain"};
    for (const std::string& share : shares_) fs::create_directories(share);
    silent_ = std::make_unique<SilentFileSystem>(shares_.front());
    if (!silent_->mounted()) GTEST_SKIP() << "no file system can be mounted from /dev/fuse";
    sharePatience_ = 1000;
  }
  void TearDown() override {
    SandboxTest::TearDown();
    silent_.reset();
  }

  std::string refusal(std::vector<Share> shares) {
    const auto sandbox = create();
    try {
      adopt(*sandbox, {.shares = std::move(shares)});
    } catch (const Refused& refused) {
      return refused.what();
    }
    return "none";
  }

  std::unique_ptr<SilentFileSystem> silent_;
};

Task<> adoptHanging(Sandbox& sandbox, std::string& said) {
  try {
    co_await sandbox.adopt({.shares = {{.place = "/mnt/x"}}});
  } catch (const Refused& refused) {
    said = refused.what();
  }
}

TEST_F(HangingShareTest, TheRefusalNamesTheMountAndTheLimit) {
  EXPECT_EQ(refusal({{.number = 1, .place = "/mnt/a"}, {.place = "/mnt/x"}}),
            "mount at /mnt/x: the share's file system does not answer within 1000 ms");
}

TEST_F(HangingShareTest, OthersAreServedMeanwhile) {
  sharePatience_ = 15'000;
  const auto hanging = create();
  std::string said = "nothing yet";
  loop_.post([&] { spawn(adoptHanging(*hanging, said), "an adoption that hangs"); });
  const auto other = create();

  adopt(*other, {.shares = {{.number = 1, .place = "/mnt/x"}}});

  EXPECT_EQ(tell(*other, {"/bin/echo", "served"}).output, "served\n");
  EXPECT_EQ(said, "nothing yet");
  stopLauncher();
}

TEST_F(HangingShareTest, AShareThatHoldsSeveralIsAskedNoMore) {
  sharePatience_ = 50;
  std::string said;
  for (int i = 0; i < 5; ++i) said = refusal({{.place = "/mnt/x"}});

  EXPECT_EQ(said,
            "mount at /mnt/x: the share's file system does not answer: 4 attempts hang in it");
  EXPECT_EQ(refusal({{.number = 1, .place = "/mnt/x"}}), "none");
}

TEST_F(HangingShareTest, WhatIsAskedIsForgottenWithTheSandbox) {
  {
    const auto hanging = create();
    std::string said;
    loop_.post([&] { spawn(adoptHanging(*hanging, said), "an adoption that hangs"); });
    create();
    stopLauncher();
  }
  EXPECT_EQ(refusal({{.number = 1, .place = "/mnt/x"}}), "none");
}

}  // namespace
}  // namespace openfc::sandbox
