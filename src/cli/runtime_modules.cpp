// `openfc runtime modules install ID`: fills a runtime's library folder with what its image
// carries.

#include "cli/child.h"
#include "cli/command.h"
#include "cli/machine.h"
#include "runtime/catalogue.h"
#include "runtime/platform_modules.h"

#include <boost/json.hpp>

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace openfc::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

using runtime::InstalledModule;
using runtime::PlatformModule;

/// The last line that says something: the reason, as pip and npm have it.
std::string reasonIn(const std::string& output) {
  std::string reason;
  for (std::size_t at = 0; at < output.size();) {
    const std::size_t end = std::min(output.find('\n', at), output.size());
    const std::string line = output.substr(at, end - at);
    if (line.find("rror") != std::string::npos || reason.empty()) reason = line;
    at = end + 1;
  }
  return reason.substr(0, 200);
}

/// One runtime's library folder and the tool that fills it.
class Library {
public:
  Library(std::string id, const fs::path& runtimes)
      : runtime_(std::move(id)),
        folder_(runtime::modulesDirectory(runtimes, runtime_)),
        python_(runtime::findRow(runtime_)->language == runtime::Language::python) {}

  /// Throws std::runtime_error.
  void prepare() const {
    std::error_code failure;
    fs::create_directories(folder_, failure);
    if (failure || ::access(folder_.c_str(), W_OK) != 0) {
      throw std::runtime_error(
          fmt::format("cannot write to {}: run this as its owner, or name another with --directory",
                      folder_.string()));
    }
    if (!python_ || fs::exists(folder_ / "bin" / "pip")) return;
    const auto program = runtime::Catalogue().interpreterOf(runtime_);
    const ChildOutcome made = runChild({program.value_or("python3"), "-m", "venv", folder_});
    if (made.status != 0) {
      throw std::runtime_error(
          "cannot prepare the folder (Debian: apt-get install python3-venv): " +
          reasonIn(made.output));
    }
  }

  /// The version that is there now, else nothing and in `reason` why.
  std::optional<std::string> install(const PlatformModule& module, std::string& reason) const {
    for (const std::string& wanted : spellings(module)) {
      const ChildOutcome ran = runChild(command(module, wanted));
      if (ran.status == 0) return versionOf(module);
      if (reason.empty()) reason = reasonIn(ran.output);
    }
    return std::nullopt;
  }

private:
  /// The image's version first, then what fits this interpreter better.
  std::vector<std::string> spellings(const PlatformModule& module) const {
    const std::string name(module.name);
    if (module.version.empty()) return {name};
    const std::string version(module.version);
    if (python_) return {name + "==" + version, name + ">" + version};
    return {name + "@" + version};
  }

  std::vector<std::string> command(const PlatformModule& module, const std::string& wanted) const {
    if (!python_) {
      return {"npm",       "install",          "--prefix",     folder_, "--no-audit",
              "--no-fund", "--loglevel=error", "--save-exact", wanted};
    }
    std::vector<std::string> words = {folder_ / "bin" / "python",
                                      "-m",
                                      "pip",
                                      "install",
                                      "--quiet",
                                      "--disable-pip-version-check",
                                      "--no-input",
                                      "--prefer-binary"};
    if (module.compiled) words.insert(words.end(), {"--only-binary", std::string(module.name)});
    words.push_back(wanted);
    return words;
  }

  std::string versionOf(const PlatformModule& module) const {
    const std::string name(module.name);
    const std::string script =
        python_ ? "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"
                : "console.log(require(process.argv[1]).version)";
    const std::string subject =
        python_ ? name : (folder_ / "node_modules" / name / "package.json").string();
    const std::string program = python_ ? (folder_ / "bin" / "python").string() : "node";
    std::string version = runChild({program, python_ ? "-c" : "-e", script, subject}).output;
    std::erase(version, '\n');
    return version;
  }

  std::string runtime_;
  fs::path folder_;
  bool python_;
};

/// Those of the image, or of these the ones that were named.
std::vector<PlatformModule> chosen(const std::string& id, const std::vector<std::string>& names) {
  std::vector<PlatformModule> modules = runtime::platformModulesOf(id);
  if (names.empty()) return modules;
  for (const std::string& name : names) {
    if (std::ranges::find(modules, name, &PlatformModule::name) == modules.end())
      throw UsageError(fmt::format("the image of {} carries no module '{}'", id, name));
  }
  std::erase_if(modules, [&](const PlatformModule& module) {
    return std::ranges::find(names, module.name) == names.end();
  });
  return modules;
}

void checkRuntime(const std::string& id) {
  if (runtime::findRow(id) == nullptr) throw UsageError(fmt::format("unknown runtime '{}'", id));
  if (!runtime::isManaged(id))
    throw UsageError(fmt::format("runtime '{}' brings no modules: pack what the code needs", id));
  if (const auto reason = runtime::Catalogue().unavailable(id)) throw UsageError(*reason);
}

fs::path runtimesDirectory(const Arguments& arguments) {
  if (arguments.has("directory")) return arguments.text("directory");
  return ownRuntimes();
}

Exit install(const Session& session) {
  const std::string id = session.arguments.text("id");
  checkRuntime(id);
  const auto modules = chosen(id, session.arguments.list("name"));
  if (modules.empty()) {
    session.output.note(fmt::format("the image of {} carries no modules", id));
    return Exit::ok;
  }
  const fs::path runtimes = runtimesDirectory(session.arguments);
  ::umask(022);  // functions run as other users
  const Library library(id, runtimes);
  library.prepare();
  json::array installed;
  json::array skipped;
  for (std::size_t at = 0; at < modules.size(); ++at) {
    const PlatformModule& module = modules[at];
    const std::string step = fmt::format("[{}/{}] {}", at + 1, modules.size(), module.name);
    session.output.note(fmt::format("{} {} …", step, module.version));
    std::string reason;
    const auto version = library.install(module, reason);
    if (version) {
      runtime::noteInstalled(runtimes, id, {std::string(module.name), *version});
      installed.push_back(json::object{{"name", module.name}, {"version", *version}});
    } else {
      session.output.note(fmt::format("{} skipped: {}", step, reason));
      skipped.push_back(json::object{{"name", module.name}, {"reason", reason}});
    }
  }
  if (session.output.json()) {
    session.output.show(
        json::object{{"runtime", id}, {"installed", installed}, {"skipped", skipped}});
  } else {
    session.output.result(fmt::format("{}: {} modules installed, {} skipped, in {}\n", id,
                                      installed.size(), skipped.size(),
                                      runtime::modulesDirectory(runtimes, id).string()));
  }
  return installed.empty() ? Exit::functionError : Exit::ok;
}

}  // namespace

void addRuntimeModules(std::vector<Command>& rows) {
  rows.push_back({"runtime modules install",
                  "Install the modules that a runtime's image carries, for functions to import",
                  {{"id", "The runtime: nodejs14, python3.9 …", Takes::one, true},
                   {"name", "Only these modules", Takes::many},
                   {"--directory", "The folder runtimes/ of the server (that of this program)"}},
                  &install});
}

}  // namespace openfc::cli
