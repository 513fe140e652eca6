#include "base/check.h"
#include "sandbox/sandbox_world_test.h"

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

namespace openfc::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr int owner = 10003;

/// Sandboxes that may mount one directory of the host, which belongs to the owner.
class SharesTest : public SandboxTest {
protected:
  void SetUp() override {
    SandboxTest::SetUp();
    if (IsSkipped()) return;
    share_ = directory_.path() + "/share";
    fs::create_directories(share_ + "/a/b");
    for (const std::string& path : {share_, share_ + "/a", share_ + "/a/b"})
      check(::lchown(path.c_str(), owner, owner), "give away " + path);
    shares_ = {share_};
  }

  Told see(const Share& share, const std::string& text) {
    const auto sandbox = create();
    adopt(*sandbox, {.shares = {share}});
    return tell(*sandbox, {"/bin/sh", "-c", text});
  }

  std::string refusal(const std::vector<Share>& shares) {
    const auto sandbox = create();
    try {
      adopt(*sandbox, {.shares = shares});
    } catch (const Refused& refused) {
      return refused.what();
    }
    return "none";
  }

  struct stat statusOf(const std::string& name) const {
    struct stat status{};
    check(::lstat((share_ + "/" + name).c_str(), &status), "look at " + name);
    return status;
  }

  std::string share_;
};

TEST_F(SharesTest, WhatOneSandboxWritesAnotherReads) {
  see({.place = "/mnt/x", .user = owner, .group = owner}, "echo hello > /mnt/x/file");

  EXPECT_EQ(see({.place = "/home/deep/er", .user = owner, .group = owner},
                "cat /home/deep/er/file; echo more >> /home/deep/er/file && echo written")
                .output,
            "hello\nwritten\n");
}

TEST_F(SharesTest, FilesBelongToTheConfiguredUserAndGroup) {
  see({.place = "/mnt/x", .user = owner, .group = 20}, "touch /mnt/x/file; chmod 700 /mnt/x/file");

  EXPECT_EQ(statusOf("file").st_uid, static_cast<uid_t>(owner));
  EXPECT_EQ(statusOf("file").st_gid, static_cast<gid_t>(20));
  EXPECT_EQ(see({.place = "/mnt", .user = owner, .group = 20},
                "test -O /mnt/file && test -G /mnt/file && echo mine")
                .output,
            "mine\n");
}

TEST_F(SharesTest, WithoutAUserTheDirectorysOwnerIsMeant) {
  see({.place = "/data/x"}, "touch /data/x/file");

  EXPECT_EQ(statusOf("file").st_uid, static_cast<uid_t>(owner));
}

TEST_F(SharesTest, NobodyBecomesRoot) {
  check(::chmod(share_.c_str(), 0777), "open the share");

  see({.place = "/mnt/x", .user = 0, .group = 0}, "touch /mnt/x/file");

  EXPECT_EQ(statusOf("file").st_uid, 65534u);
  EXPECT_EQ(statusOf("file").st_gid, 65534u);
}

TEST_F(SharesTest, OthersFilesStayOthers) {
  fs::create_directories(share_ + "/theirs");
  check(::chmod((share_ + "/theirs").c_str(), 0755), "set a mode");

  EXPECT_EQ(see({.place = "/mnt/x", .user = owner, .group = owner},
                "stat -c %u /mnt/x/theirs; touch /mnt/x/theirs/x 2>/dev/null || echo refused")
                .output,
            "0\nrefused\n");
}

TEST_F(SharesTest, HonourNeitherSetUserIdNorDevicesButRunPrograms) {
  const std::string script = share_ + "/run";
  fs::copy_file("/bin/echo", script);

  EXPECT_EQ(see({.place = "/mnt/x", .user = owner, .group = owner},
                "/mnt/x/run ran; grep ' /mnt/x ' /proc/self/mounts | grep -o 'nosuid,nodev'")
                .output,
            "ran\nnosuid,nodev\n");
}

TEST_F(SharesTest, ADirectoryBelowIsShownAlone) {
  EXPECT_EQ(see({.below = "a", .place = "/mnt/x", .user = owner, .group = owner},
                "ls /mnt/x; ls /mnt/x/.. ")
                .output,
            "b\nx\n");
}

TEST_F(SharesTest, PlacesAreReadOnlyAround) {
  EXPECT_EQ(see({.place = "/mnt/x", .user = owner, .group = owner},
                "mkdir /mnt/y 2>/dev/null || echo refused")
                .output,
            "refused\n");
}

TEST_F(SharesTest, NoLinkLeadsOutOfAShare) {
  fs::create_symlink("/etc", share_ + "/link");
  fs::create_symlink("..", share_ + "/up");

  for (const char* below : {"link", "up", "a/../..", "..", "/etc", "a//b", "."})
    EXPECT_NE(refusal({{.below = below, .place = "/mnt/x"}}), "none") << below;
}

/// What a function of a share around this one can do: move it away and leave a link.
TEST_F(SharesTest, ADirectoryThatBecameALinkIsNotMounted) {
  shares_ = {share_ + "/a/b"};
  startLauncher();
  for (const char* renamed : {"/a/b", "/a"}) {
    fs::rename(share_ + renamed, share_ + "/away");
    fs::create_directory_symlink("/etc", share_ + renamed);
    fs::create_directories(share_ + "/away/b");
    EXPECT_NE(refusal({{.place = "/mnt/x"}}).find("open the share: Too many levels"),
              std::string::npos)
        << renamed;
    fs::remove(share_ + renamed);
    fs::rename(share_ + "/away", share_ + renamed);
  }
  EXPECT_EQ(refusal({{.place = "/mnt/x"}}), "none");
}

TEST_F(SharesTest, WhatCannotBeMountedIsSaid) {
  EXPECT_EQ(refusal({{.below = "gone", .place = "/mnt/x"}}),
            "mount at /mnt/x: open gone: No such file or directory");
  EXPECT_EQ(refusal({{.place = "/usr/x"}}),
            "mount at /usr/x: only /mnt, /home and /data take mounts");
  EXPECT_EQ(refusal({{.place = "/mnt/x"}, {.below = "a", .place = "/mnt/x/y"}}),
            "mount at /mnt/x/y: /mnt/x is in its way");
  for (const char* place : {"/mnt/../etc", "/mnt/", "/mnt//x", "/mntx", "mnt", "", "/mnt/a\nb"})
    EXPECT_NE(refusal({{.place = place}}), "none") << place;
}

TEST_F(SharesTest, AnUnknownNumberIsAnError) {
  const auto sandbox = create();

  EXPECT_THROW(adopt(*sandbox, {.shares = {{.number = 1, .place = "/mnt/x"}}}), std::runtime_error);
}

}  // namespace
}  // namespace openfc::sandbox
