#include "store/data_directory.h"

#include "store/test_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <optional>

namespace openfc::store {
namespace {

std::string failureOf(const std::filesystem::path& path) {
  try {
    const DataDirectory directory(path);
  } catch (const DataDirectoryError& failure) {
    return failure.what();
  }
  return "";
}

TEST(DataDirectory, IsCreatedForItsOwnerOnly) {
  const TestDirectory parent;

  const DataDirectory directory(parent / "a/b");

  struct stat status = {};
  ASSERT_EQ(stat((parent / "a/b").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0700u);
}

TEST(DataDirectory, IsHeldByOneServerAtATime) {
  const TestDirectory parent;
  std::optional<DataDirectory> first(parent / "data");

  const std::string failure = failureOf(parent / "data");
  first.reset();

  EXPECT_NE(failure.find("in use by the process " + std::to_string(getpid())), std::string::npos)
      << failure;
  EXPECT_EQ(failureOf(parent / "data"), "");
}

TEST(DataDirectory, RefusesANewerFormat) {
  const TestDirectory parent;
  {
    const DataDirectory directory(parent / "data");
  }
  std::ofstream(parent / "data/format") << "99\n";

  EXPECT_NE(failureOf(parent / "data").find("has format 99"), std::string::npos);
}

TEST(DataDirectory, RefusesADamagedFormat) {
  const TestDirectory parent;
  {
    const DataDirectory directory(parent / "data");
  }
  std::ofstream(parent / "data/format") << "x\n";

  EXPECT_NE(failureOf(parent / "data").find("damaged"), std::string::npos);
}

TEST(DataDirectory, RefusesToBeWritableByOthers) {
  const TestDirectory parent;
  chmod(parent.path().c_str(), 0777);

  EXPECT_NE(failureOf(parent.path()).find("others can write"), std::string::npos);
}

}  // namespace
}  // namespace openfc::store
