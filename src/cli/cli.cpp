#include "cli/cli.h"

#include "auth/keys.h"
#include "cli/command.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>

namespace openfc::cli {
namespace {

struct GlobalCurl {
  GlobalCurl() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  ~GlobalCurl() { curl_global_cleanup(); }
  GlobalCurl(const GlobalCurl&) = delete;
  GlobalCurl& operator=(const GlobalCurl&) = delete;
};

/// Flag, else environment, else the development server on this machine.
Settings settingsOf(const World& world, const Arguments& arguments) {
  const auth::AccessKey development = auth::developmentKey();
  const auto value = [&](const char* flag, const char* variable, const std::string& otherwise) {
    const std::string given = world.environment(variable).value_or("");
    return arguments.text(flag, given.empty() ? otherwise : given);
  };
  return {.endpoint = value("endpoint", "OPENFC_ENDPOINT", Settings().endpoint),
          .accessKeyId = value("access-key-id", "ACCESS_KEY_ID", development.id),
          .accessKeySecret = value("access-key-secret", "ACCESS_KEY_SECRET", development.secret)};
}

Output outputOf(const World& world, const Arguments& arguments) {
  const std::string form = arguments.text("output", "text");
  if (form != "text" && form != "json") {
    throw UsageError("--output: '" + form + "' is neither text nor json");
  }
  return {world,
          {.form = form == "json" ? Form::json : Form::text, .quiet = arguments.has("quiet")}};
}

std::string described(const ApiError& error) {
  std::string text = error.code().empty() ? "" : error.code() + ": ";
  text += error.what();
  if (!error.requestId().empty()) text += " (request " + error.requestId() + ")";
  return text;
}

/// "function create " of what was typed, as far as it names a command: where help is to be found.
std::string group(const std::vector<Command>& rows, const std::vector<std::string>& words) {
  std::string path;
  for (const std::string& word : words) {
    const std::string next = path + word + " ";
    const auto begins = [&](const Command& row) { return (row.path + " ").starts_with(next); };
    if (std::ranges::none_of(rows, begins)) break;
    path = next;
  }
  return path;
}

int run(const std::vector<Command>& rows, const Parsed& parsed, const World& world) {
  const Output plain(world, {});
  try {
    const Output output = outputOf(world, parsed.arguments);
    const Client client(settingsOf(world, parsed.arguments));
    return static_cast<int>(parsed.command->run({world, parsed.arguments, output, client, rows}));
  } catch (const UsageError& error) {
    plain.error(error.what());
    return static_cast<int>(Exit::usage);
  } catch (const ApiError& error) {
    plain.error(described(error));
    return static_cast<int>(Exit::apiError);
  } catch (const Unreachable& error) {
    plain.error(error.what());
    plain.note("is the server running? Start it with: openfc serve");
    return static_cast<int>(Exit::unreachable);
  } catch (const std::exception& error) {
    plain.error(error.what());
    return static_cast<int>(Exit::usage);
  }
}

}  // namespace

std::vector<Option> commonOptions() {
  return {
      {"--endpoint", "URL of the server (OPENFC_ENDPOINT; http://127.0.0.1:8016)"},
      {"--access-key-id", "Access key (ACCESS_KEY_ID; the development key)"},
      {"--access-key-secret", "Its secret (ACCESS_KEY_SECRET)"},
      {"-o,--output", "text or json"},
      {"-q,--quiet", "Say nothing but results and errors", Takes::nothing},
  };
}

std::vector<Command> commands() {
  std::vector<Command> rows;
  rows.push_back({"serve", "Run the server (openfc serve --help)", {}, nullptr});
  for (auto* add : {addDeploy, addInvoke, addLogs, addResources, addAccess, addSign, addDoctor,
                    addBackup, addVersion, addApi, addCompletion}) {
    add(rows);
  }
  return rows;
}

int runCli(const std::vector<std::string>& arguments, const World& world) {
  if (!arguments.empty() && arguments.front() == "serve") {
    return world.serve.run({arguments.begin() + 1, arguments.end()});
  }
  const std::vector<Command> rows = commands();
  auto words = arguments;
  if (!words.empty() && words.front() == "--version") words.front() = "version";
  const auto parsed = parse(rows, commonOptions(), words);
  if (const auto* said = std::get_if<Said>(&parsed)) {
    const Output output(world, {});
    if (!said->wrong) {
      output.result(said->text);
      return static_cast<int>(Exit::ok);
    }
    output.error(said->text.substr(0, said->text.find_last_not_of('\n') + 1));
    output.note("see: openfc " + group(rows, words) + "--help");
    return static_cast<int>(Exit::usage);
  }
  const GlobalCurl curl;
  return run(rows, std::get<Parsed>(parsed), world);
}

int runCli(int argc, char** argv, ServeHook serve) {
  World world;
  world.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    return value ? std::optional<std::string>(value) : std::nullopt;
  };
  world.serve = std::move(serve);
  return runCli({argv + 1, argv + argc}, world);
}

}  // namespace openfc::cli
