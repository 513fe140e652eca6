#pragma once

#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// The `openfc` program's commands.
namespace openfc::cli {

/// How the program ends (users.md 3.2).
enum class Exit { ok = 0, functionError = 1, usage = 2, apiError = 3, unreachable = 4 };

/// Runs the server: gets what stands behind `serve`, returns the exit status. The server's room
/// sits above this one, so main() hands it in.
struct ServeHook {
  std::function<int(const std::vector<std::string>& arguments)> run;
};

/// What a command touches of the process, so that tests can bring their own.
struct World {
  std::FILE* in = stdin;
  std::FILE* out = stdout;
  std::FILE* err = stderr;
  std::function<std::optional<std::string>(const std::string& name)> environment;
  ServeHook serve;
};

/// Runs the command that `arguments` name (without the program's name) and returns the exit status.
int runCli(const std::vector<std::string>& arguments, const World& world);

/// The same for main().
int runCli(int argc, char** argv, ServeHook serve);

}  // namespace openfc::cli
