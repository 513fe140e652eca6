#include "server/privileges.h"

#include <gtest/gtest.h>
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

}  // namespace
}  // namespace openfc::server
