#include "server/privileges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
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

}  // namespace
}  // namespace openfc::server
