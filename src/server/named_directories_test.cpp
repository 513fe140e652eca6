#include "server/named_directories.h"

#include "base/id.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

namespace openfc::server {
namespace {

namespace fs = std::filesystem;

/// A configuration whose data directory, shares and buckets lie below one directory.
class NamedDirectoriesTest : public testing::Test {
protected:
  NamedDirectoriesTest() {
    fs::create_directories(root_ / "share/team/b");
    fs::create_directories(root_ / "other");
    fs::create_directories(root_ / "data");
    config_.data = root_ / "data";
    share("share");
  }
  ~NamedDirectoriesTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  void share(const std::string& name) {
    config_.nas.push_back({.serverAddr = name + ":/", .directory = root_ / name});
  }
  void bucket(const std::string& name) {
    config_.buckets.push_back({.name = "code", .directory = root_ / name});
  }
  /// Why the configuration is refused; "" = it is not.
  std::string refusal() {
    try {
      resolveDirectories(config_);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  }

  fs::path root_ = fs::canonical(fs::temp_directory_path()) / ("openfc-test-" + uuid());
  Config config_;
};

TEST_F(NamedDirectoriesTest, BesideEachOtherTheyAreFine) {
  share("other");
  bucket("not/there/yet");

  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(config_.buckets[0].directory, root_ / "not/there/yet");
}

TEST_F(NamedDirectoriesTest, AShareInAShareIsRefusedWithBothNames) {
  share("share/team/b");

  EXPECT_EQ(refusal(),
            "nas 'share/team/b:/': " + (root_ / "share/team/b").string() +
                " lies in the directory of nas 'share:/' (" + (root_ / "share").string() +
                "), whose users could move it; name directories that do not contain each other, or "
                "set allowNestedDirectories");
}

TEST_F(NamedDirectoriesTest, ABucketInAShareIsRefused) {
  bucket("share/team");
  EXPECT_NE(refusal().find("bucket 'code'"), std::string::npos);
}

TEST_F(NamedDirectoriesTest, AShareAroundTheDataDirectoryIsRefused) {
  config_.data = root_ / "share/data";
  EXPECT_NE(refusal().find("the data directory"), std::string::npos);
  config_.data = root_ / "share";
  EXPECT_NE(refusal(), "");
}

TEST_F(NamedDirectoriesTest, AShareInTheDataDirectoryIsRefused) {
  share("data/x");
  EXPECT_NE(refusal(), "");
}

TEST_F(NamedDirectoriesTest, OneDirectoryMayHaveTwoNames) {
  bucket("share");
  EXPECT_EQ(refusal(), "");
}

TEST_F(NamedDirectoriesTest, ASettingAllowsNesting) {
  config_.allowNestedDirectories = true;
  share("share/team/b");

  EXPECT_EQ(refusal(), "");
}

TEST_F(NamedDirectoriesTest, OperatorsLinksAreResolvedOnce) {
  fs::create_directory_symlink("other", root_ / "link");
  share("link");

  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(config_.nas[1].directory, root_ / "other");
}

TEST_F(NamedDirectoriesTest, ALinkThatLeadsIntoAnotherOneIsNesting) {
  fs::create_directory_symlink("share/team", root_ / "link");
  bucket("link");

  EXPECT_NE(refusal().find("lies in the directory of nas 'share:/'"), std::string::npos);
}

TEST_F(NamedDirectoriesTest, ALinkThatLiesInAShareIsNeverFollowed) {
  config_.allowNestedDirectories = true;
  fs::remove(root_ / "share/team/b");
  fs::create_directory_symlink("/etc", root_ / "share/team/b");
  share("share/team/b");

  EXPECT_NE(refusal().find("leads over the link " + (root_ / "share/team/b").string()),
            std::string::npos);
}

TEST_F(NamedDirectoriesTest, ABindMountOfAPartOfAShareIsNesting) {
  fs::create_directories(root_ / "bound");
  if (::mount((root_ / "share/team").c_str(), (root_ / "bound").c_str(), nullptr, MS_BIND,
              nullptr) != 0)
    GTEST_SKIP() << "cannot mount";
  bucket("bound");

  const std::string said = refusal();
  ::umount((root_ / "bound").c_str());

  EXPECT_NE(said.find("lies in the directory of nas 'share:/'"), std::string::npos) << said;
}

}  // namespace
}  // namespace openfc::server
