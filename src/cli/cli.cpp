#include "cli/cli.h"

#include "auth/keys.h"
#include "cli/command.h"
#include "cli/help.h"

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
          .accessKeySecret = value("access-key-secret", "ACCESS_KEY_SECRET", development.secret),
          .authority = value("ca", "SSL_CERT_FILE", "")};
}

Output outputOf(const World& world, const Arguments& arguments) {
  const Form form = arguments.text("output") == "json" ? Form::json : Form::text;
  return {world, {.form = form, .quiet = arguments.has("quiet")}};
}

void checkOutput(const Arguments& arguments) {
  const std::string form = arguments.text("output", "text");
  if (form != "text" && form != "json")
    throw UsageError("--output: '" + form + "' is neither text nor json");
}

Problem problemOf(const ApiError& error) {
  return {.message = error.what(),
          .code = error.code(),
          .status = error.status(),
          .requestId = error.requestId()};
}

int run(const std::vector<Command>& rows, const LineReader& line, const World& world) {
  const Output output = outputOf(world, line.arguments());
  try {
    const Client client(settingsOf(world, line.arguments()));
    return static_cast<int>(line.command()->run({world, line.arguments(), output, client, rows}));
  } catch (const ApiError& error) {
    output.error(problemOf(error));
    return static_cast<int>(Exit::apiError);
  } catch (const Unreachable& error) {
    output.error({.message = error.what(), .hint = error.hint()});
    return static_cast<int>(Exit::unreachable);
  } catch (const std::exception& error) {
    output.error({.message = error.what()});
    return static_cast<int>(Exit::usage);
  }
}

/// How to say what is wrong with a line that could not be read to its end.
Output outputOf(const World& world, const std::vector<std::string>& words) {
  bool json = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool named = i > 0 && (words[i - 1] == "-o" || words[i - 1] == "--output");
    if ((named && words[i] == "json") || words[i] == "-o=json" || words[i] == "--output=json" ||
        words[i] == "-ojson")
      json = true;
  }
  const bool quiet = std::ranges::any_of(
      words, [](const std::string& word) { return word == "-q" || word == "--quiet"; });
  return {world, {.form = json ? Form::json : Form::text, .quiet = quiet}};
}

/// `openfc help CMD` and `openfc --version` as what they stand for.
std::vector<std::string> plainWords(std::vector<std::string> words) {
  if (words.empty()) return {"--help"};
  if (words.front() == "--version") words.front() = "version";
  if (words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  return words;
}

}  // namespace

std::vector<Option> commonOptions() {
  return {
      {"--endpoint", "URL of the server (OPENFC_ENDPOINT) [http://127.0.0.1:8016]", Takes::one,
       false, "URL"},
      {"--access-key-id", "Access key (ACCESS_KEY_ID) [the development key]", Takes::one, false,
       "ID"},
      {"--ca", "Certificates that an https endpoint is checked with (SSL_CERT_FILE) [the system's]",
       Takes::one, false, "FILE"},
      {"--access-key-secret", "Its secret (ACCESS_KEY_SECRET)", Takes::one, false, "SECRET"},
      {"-o,--output", "text or json; with json errors are JSON too [text]", Takes::one, false,
       "FORM"},
      {"-q,--quiet", "Say nothing but results and errors", Takes::nothing},
  };
}

std::vector<Command> commands() {
  std::vector<Command> rows;
  rows.push_back({"serve", "Run the server (openfc help serve)", {}, nullptr});
  for (auto* add :
       {addDeploy, addInvoke, addLogs, addResources, addWords, addInstanceExec, addAccess, addSign,
        addDoctor, addRuntimeModules, addBackup, addVersion, addApi, addCompletion}) {
    add(rows);
  }
  rows.push_back({"help",
                  "Print what a command does, takes and is used for",
                  {{"command", "The command's words", Takes::many, false, "COMMAND"}},
                  nullptr});
  return rows;
}

int runCli(const std::vector<std::string>& arguments, const World& world) {
  const std::vector<std::string> words = plainWords(arguments);
  if (words.front() == "serve") return world.serve.run({words.begin() + 1, words.end()});
  const std::vector<Command> rows = commands();
  const std::vector<Option> common = commonOptions();
  LineReader line(rows, common);
  try {
    for (const std::string& word : words) line.read(word);
    line.finish();
    if (line.wantsHelp()) {
      Output(world, {}).result(helpOf(rows, common, line.path()));
      return static_cast<int>(Exit::ok);
    }
    checkOutput(line.arguments());
    if (!line.command()->run) throw UsageError(line.path() + " stands before its flags");
  } catch (const UsageError& error) {
    const std::string path = line.path().empty() ? "" : " " + line.path();
    outputOf(world, words).error({.message = error.what(), .hint = "see: openfc help" + path});
    return static_cast<int>(Exit::usage);
  }
  const GlobalCurl curl;
  return run(rows, line, world);
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
