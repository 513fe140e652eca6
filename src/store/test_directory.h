#pragma once

#include "base/id.h"

#include <filesystem>

namespace openfc::store {

/// A directory of a test, removed with all that is in it.
class TestDirectory {
public:
  TestDirectory() : path_(std::filesystem::temp_directory_path() / ("openfc-test-" + uuid())) {
    std::filesystem::create_directory(path_);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

}  // namespace openfc::store
