#include "cli/kernel_settings.h"

#include "base/id.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace openfc::cli {
namespace {

namespace fs = std::filesystem;

/// Files that stand for /proc and /sys.
class KernelSettingsTest : public testing::Test {
protected:
  KernelSettingsTest() : root_(fs::temp_directory_path() / ("openfc-settings-" + uuid())) {}
  ~KernelSettingsTest() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  Finding find(const std::string& check) {
    const auto findings = examineKernelSettings(root_ / "proc", root_ / "sys");
    const auto found = std::ranges::find(findings, check, &Finding::check);
    return found == findings.end() ? Finding{} : *found;
  }

  fs::path root_;
};

TEST_F(KernelSettingsTest, ASmallTableIsNamedWithWhatItShouldBe) {
  write("proc/sys/kernel/pid_max", "32768\n");

  const Finding finding = find("kernel.pid_max");

  EXPECT_EQ(finding.state, State::warn);
  EXPECT_EQ(finding.found, "32768: set at least 65536");
}

TEST_F(KernelSettingsTest, ALargeTableIsFine) {
  write("proc/sys/fs/file-max", "9223372036854775807\n");

  EXPECT_EQ(find("fs.file-max").state, State::ok);
}

TEST_F(KernelSettingsTest, MergedPagesSharedCoresAndSwapAreWarnedOf) {
  write("sys/kernel/mm/ksm/run", "1\n");
  write("sys/devices/system/cpu/smt/active", "1\n");
  write("proc/swaps", "Filename Type Size Used Priority\n/dev/sda2 partition 1000 10 -2\n");

  EXPECT_EQ(find("KSM").state, State::warn);
  EXPECT_EQ(find("SMT").state, State::warn);
  EXPECT_EQ(find("swap").state, State::warn);
  EXPECT_NE(find("swap").found.find("/dev/sda2"), std::string::npos);
}

TEST_F(KernelSettingsTest, WithoutThemAllIsWell) {
  write("sys/kernel/mm/ksm/run", "0\n");
  write("sys/devices/system/cpu/smt/active", "0\n");
  write("proc/swaps", "Filename Type Size Used Priority\n");

  EXPECT_EQ(find("KSM").state, State::ok);
  EXPECT_EQ(find("SMT").state, State::ok);
  EXPECT_EQ(find("swap").state, State::ok);
}

}  // namespace
}  // namespace openfc::cli
