#include "store/data_directory.h"

#include "store/test_directory.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
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

TEST(DataDirectory, OfAnOlderServerIsClosedToOthers) {
  const TestDirectory parent;
  mkdir((parent / "data").c_str(), 0755);

  const DataDirectory directory(parent / "data");

  struct stat status = {};
  ASSERT_EQ(stat((parent / "data").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777u, 0700u);
}

/// What the server's own user can put into it before root starts the server.
class PlantedTest : public testing::TestWithParam<const char*> {
protected:
  PlantedTest() { std::ofstream(victim_) << "precious"; }

  std::string victim() const {
    std::ifstream in(victim_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const TestDirectory parent_;
  const std::filesystem::path data_ = parent_ / "data";
  const std::filesystem::path victim_ = parent_ / "victim";
};

TEST_P(PlantedTest, LinksAreNotWrittenThrough) {
  mkdir(data_.c_str(), 0700);
  std::filesystem::create_symlink(victim_, data_ / GetParam());

  EXPECT_NE(failureOf(data_).find("is a symbolic link"), std::string::npos);
  EXPECT_EQ(victim(), "precious");
}

TEST_P(PlantedTest, OtherNamesOfFilesAreNotWritten) {
  mkdir(data_.c_str(), 0700);
  std::filesystem::create_hard_link(victim_, data_ / GetParam());

  EXPECT_NE(failureOf(data_).find("with one name"), std::string::npos);
  EXPECT_EQ(victim(), "precious");
}

TEST_P(PlantedTest, PipesAreNotWaitedFor) {
  mkdir(data_.c_str(), 0700);
  mkfifo((data_ / GetParam()).c_str(), 0600);

  EXPECT_ANY_THROW(const DataDirectory directory(data_));
}

TEST_P(PlantedTest, FilesOfOthersAreNotUsed) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  mkdir(data_.c_str(), 0700);
  std::ofstream(data_ / GetParam()) << "1";
  ASSERT_EQ(chown((data_ / GetParam()).c_str(), 10003, 10003), 0);

  EXPECT_NE(failureOf(data_).find("belongs to the directory's owner"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Files, PlantedTest, testing::Values("lock", "format.new"));

TEST(DataDirectory, OfAnotherUserIsNotRestoredInto) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const TestDirectory parent;
  mkdir((parent / "data").c_str(), 0700);
  ASSERT_EQ(chown((parent / "data").c_str(), 10003, 10003), 0);

  EXPECT_THROW(DataDirectory::forRestore(parent / "data"), DataDirectoryError);
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
