#include "server/privileges.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace openfc::server {
namespace {

/// The size of the kernel's table of this process's descriptors.
std::size_t descriptorTable() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t size = 0;
    if (word == "FDSize:" && status >> size) return size;
  }
  return 0;
}

// Growing it later would stop the loop.
TEST(Privileges, TheTableOfDescriptorsIsLargeFromTheStart) {
  EXPECT_LT(descriptorTable(), 4096U);
  const std::size_t limit = raiseDescriptorLimit();
  EXPECT_GE(descriptorTable(), std::min<std::size_t>(limit, 65'536));
}

TEST(Privileges, NamesTheDirectoryThatAUserMayNotEnter) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  std::string name = (std::filesystem::temp_directory_path() / "openfc-closed-XXXXXX").string();
  const std::filesystem::path top = ::mkdtemp(name.data());  // of root alone
  std::filesystem::create_directory(top / "data");

  EXPECT_EQ(closedTo({.uid = 62'016, .gid = 62'016}, top / "data"), top);
  EXPECT_EQ(closedTo({.uid = 62'016, .gid = 62'016}, top / "not/there/yet"), top);
  std::filesystem::permissions(top, std::filesystem::perms{0711});
  EXPECT_EQ(closedTo({.uid = 62'016, .gid = 62'016}, top / "data"), std::nullopt);
  // The thread is root again.
  EXPECT_TRUE(std::ofstream(top / "data/file").good());
  std::filesystem::remove_all(top);
}

constexpr uid_t before = 10003;
constexpr uid_t after = 10004;

struct stat statusOf(const std::filesystem::path& path) {
  struct stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return status;
}

TEST(Privileges, GivesWhatIsTheOwnersAndFollowsNoLink) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  std::string name = (std::filesystem::temp_directory_path() / "openfc-given-XXXXXX").string();
  const std::filesystem::path top = ::mkdtemp(name.data());
  std::filesystem::create_directories(top / "data/deep/er");
  std::ofstream(top / "victim") << "root's";
  std::ofstream(top / "data/deep/er/file") << "x";
  std::filesystem::create_symlink(top / "victim", top / "data/deep/link");
  std::filesystem::create_hard_link(top / "victim", top / "data/deep/name");
  for (const char* own :
       {"data", "data/deep", "data/deep/er", "data/deep/er/file", "data/deep/link"})
    ASSERT_EQ(::lchown((top / own).c_str(), before, before), 0);

  giveTo(top / "data", {.uid = after, .gid = after});

  for (const char* own :
       {"data", "data/deep", "data/deep/er", "data/deep/er/file", "data/deep/link"})
    EXPECT_EQ(statusOf(top / own).st_uid, after) << own;
  EXPECT_EQ(statusOf(top / "victim").st_uid, 0u);
  EXPECT_EQ(statusOf(top / "data/deep/name").st_uid, 0u);
  std::filesystem::remove_all(top);
}

TEST(Privileges, ADirectoryIsMadeForTheServersUserAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  std::string name = (std::filesystem::temp_directory_path() / "openfc-made-XXXXXX").string();
  const std::filesystem::path top = ::mkdtemp(name.data());

  makeFor(top / "a/data", {.uid = after, .gid = after});

  EXPECT_EQ(statusOf(top / "a").st_uid, 0u);
  EXPECT_EQ(statusOf(top / "a/data").st_uid, after);
  EXPECT_EQ(statusOf(top / "a/data").st_mode & 07777u, 0700u);
  std::filesystem::remove_all(top);
}

}  // namespace
}  // namespace openfc::server
