#pragma once

#include "cli/cli.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace openfc::cli {

struct Ran {
  int status = -1;
  std::string out;
  std::string err;
};

/// Runs a command as main() would, with what it writes caught.
inline Ran runCommand(const std::vector<std::string>& arguments,
                      const std::map<std::string, std::string>& environment,
                      std::string input = "") {
  char* out = nullptr;
  char* err = nullptr;
  std::size_t outSize = 0;
  std::size_t errSize = 0;
  World world;
  input.push_back('\0');  // fmemopen refuses an empty buffer
  world.in = fmemopen(input.data(), input.size() - 1 == 0 ? 1 : input.size() - 1, "r");
  world.out = open_memstream(&out, &outSize);
  world.err = open_memstream(&err, &errSize);
  world.environment = [&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
  };
  world.serve.run = [](const auto& rest) { return 40 + static_cast<int>(rest.size()); };
  Ran ran{.status = runCli(arguments, world)};
  for (std::FILE* file : {world.in, world.out, world.err}) std::fclose(file);
  ran.out.assign(out, outSize);
  ran.err.assign(err, errSize);
  std::free(out);
  std::free(err);
  return ran;
}

/// A directory of this test's own.
class TemporaryDirectory {
public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "openfc-cli-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name) << content;
  }

private:
  std::filesystem::path path_;
};

}  // namespace openfc::cli
