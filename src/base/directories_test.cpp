#include "base/directories.h"

#include "base/check.h"
#include "base/id.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

namespace openfc {
namespace {

namespace fs = std::filesystem;

/// A directory without links in its path, gone with the test.
class DirectoriesTest : public testing::Test {
protected:
  DirectoriesTest() { fs::create_directories(root_ / "a/b/c"); }
  ~DirectoriesTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  fs::path root_ = fs::canonical(fs::temp_directory_path()) / ("openfc-test-" + uuid());
};

TEST_F(DirectoriesTest, OpensWhatNoLinkLeadsTo) {
  EXPECT_TRUE(openWithoutLinks(root_ / "a/b", O_PATH));
}

TEST_F(DirectoriesTest, OpensNothingThroughALinkWhereverItIs) {
  for (const char* renamed : {"a/b/c", "a/b", "a"}) {
    fs::rename(root_ / renamed, root_ / "away");
    fs::create_directory_symlink(root_ / "away", root_ / renamed);

    EXPECT_FALSE(openWithoutLinks(root_ / "a/b/c", O_PATH)) << renamed;
    EXPECT_EQ(errno, ELOOP) << renamed;
    fs::remove(root_ / renamed);
    fs::rename(root_ / "away", root_ / renamed);
  }
}

TEST_F(DirectoriesTest, ARouteNamesTheLinksThatItFollows) {
  fs::create_directory_symlink("b", root_ / "a/near");
  fs::create_directory_symlink(root_ / "a/near", root_ / "far");

  const Route route = routeOf(root_ / "./far/c/../new/dir");

  EXPECT_EQ(route.target, root_ / "a/b/new/dir");
  EXPECT_EQ(route.links, (std::vector<fs::path>{root_ / "far", root_ / "a/near"}));
}

TEST_F(DirectoriesTest, ARouteInARingIsAnError) {
  fs::create_symlink("two", root_ / "one");
  fs::create_symlink("one", root_ / "two");

  EXPECT_THROW(routeOf(root_ / "one/x"), SystemError);
}

TEST(Directories, WithinMeansWholeNames) {
  EXPECT_TRUE(isWithin("/srv/a", "/srv/a"));
  EXPECT_TRUE(isWithin("/srv/a/b", "/srv/a"));
  EXPECT_TRUE(isWithin("/srv", "/"));
  EXPECT_FALSE(isWithin("/srv/ab", "/srv/a"));
  EXPECT_FALSE(isWithin("/srv", "/srv/a"));
}

constexpr std::string_view mountinfo =
    "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "30 21 8:2 / /srv rw shared:1 - xfs /dev/sdb rw\n"
    "31 21 8:2 /team/a /home/bound\\040here rw - xfs /dev/sdb rw\n"
    "32 30 8:3 /sub /srv/team/other rw - xfs /dev/sdc rw\n";

std::string told(const std::vector<Location>& locations) {
  std::string text;
  for (const Location& location : locations) text += location.device + location.path + " ";
  return text;
}

TEST(Directories, ALocationIsThatOfTheFileSystem) {
  EXPECT_EQ(told(locationsOf(mountinfo, "/etc/x")), "8:1/etc/x ");
  EXPECT_EQ(told(locationsOf(mountinfo, "/srv/team/a/b")), "8:2/team/a/b ");
}

TEST(Directories, ABindMountIsWhereItsSourceIs) {
  EXPECT_EQ(told(locationsOf(mountinfo, "/home/bound here/b")), "8:2/team/a/b ");
}

TEST(Directories, WhatIsMountedBelowBelongsToADirectory) {
  EXPECT_EQ(told(locationsOf(mountinfo, "/srv/team")), "8:2/team 8:3/sub ");
}

}  // namespace
}  // namespace openfc
