#pragma once

#include "cli/arguments.h"
#include "cli/cli.h"
#include "cli/client.h"
#include "cli/output.h"

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace openfc::cli {

/// The arguments make no sense: exit status 2.
class UsageError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What a running command has.
struct Session {
  const World& world;
  const Arguments& arguments;
  const Output& output;
  const Client& client;
  const std::vector<Command>& commands;
};

/// One row of the command line.
struct Command {
  std::string path;  // "function create"
  std::string help;
  std::vector<Option> options;
  std::function<Exit(const Session&)> run;
  std::vector<std::string> examples;
};

/// All rows. `serve` and `help` are among them for help and completion; runCli() handles them
/// before the rest is parsed.
std::vector<Command> commands();

/// Options that every command takes.
std::vector<Option> commonOptions();

// One function for each subject adds its rows.
void addAccess(std::vector<Command>& rows);
void addApi(std::vector<Command>& rows);
void addBackup(std::vector<Command>& rows);
void addDeploy(std::vector<Command>& rows);
void addInstanceExec(std::vector<Command>& rows);
void addInvoke(std::vector<Command>& rows);
void addLogs(std::vector<Command>& rows);
void addRuntimeModules(std::vector<Command>& rows);
void addResources(std::vector<Command>& rows);
void addDoctor(std::vector<Command>& rows);
void addSign(std::vector<Command>& rows);
void addVersion(std::vector<Command>& rows);
void addWords(std::vector<Command>& rows);
void addCompletion(std::vector<Command>& rows);

}  // namespace openfc::cli
