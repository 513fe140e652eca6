#include "runtime/catalogue.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace openfc::runtime {
namespace {

constexpr std::string_view python3[] = {"/usr/bin/python3"};
constexpr std::string_view python39[] = {"/usr/bin/python3.9", "/usr/bin/python3"};
constexpr std::string_view python310[] = {"/usr/bin/python3.10", "/usr/bin/python3"};
constexpr std::string_view node[] = {"/usr/bin/node", "/usr/local/bin/node"};

constexpr std::string_view noPython2 = "there is no bootstrap for Python 2";
constexpr std::string_view noJava = "there is no bootstrap for Java";
constexpr std::string_view noPhp = "there is no bootstrap for PHP";
constexpr std::string_view noDotnet = "there is no bootstrap for .NET";
constexpr std::string_view noGo = "the Go runtime API is not served";
constexpr std::string_view noContainer = "container images are not supported";
constexpr std::string_view insteadOfIt =
    "this version of openfc cannot run it; a program that serves HTTP runs under runtime 'custom'";

constexpr auto table = std::to_array<Row>({
    {"nodejs4.4", Language::nodejs, "4", node, "", "nodejs"},
    {"nodejs6", Language::nodejs, "6", node, "", "nodejs"},
    {"nodejs8", Language::nodejs, "8", node, "", "nodejs"},
    {"nodejs10", Language::nodejs, "10", node, "", "nodejs"},
    {"nodejs12", Language::nodejs, "12", node, "", "nodejs"},
    {"nodejs14", Language::nodejs, "14", node, "", "nodejs"},
    {"nodejs16", Language::nodejs, "16", node, "", "nodejs"},
    {"nodejs18", Language::nodejs, "18", node, "", "nodejs"},
    {"nodejs20", Language::nodejs, "20", node, "", "nodejs"},
    {"python2.7", Language::python, "2.7", {}, noPython2, ""},
    {"python3", Language::python, "3", python3, "", "python3"},
    {"python3.9", Language::python, "3.9", python39, "", "python3"},
    {"python3.10", Language::python, "3.10", python310, "", "python3"},
    {"java8", Language::java, "8", {}, noJava, ""},
    {"java11", Language::java, "11", {}, noJava, ""},
    {"php7.2", Language::php, "7.2", {}, noPhp, ""},
    {"dotnetcore2.1", Language::dotnet, "2.1", {}, noDotnet, ""},
    {"dotnetcore3.1", Language::dotnet, "3.1", {}, noDotnet, ""},
    {"go1", Language::go, "1", {}, noGo, ""},
    {"custom", Language::custom, "", {}, "", ""},
    {"custom.debian10", Language::custom, "", {}, "", ""},
    {"custom-container", Language::container, "", {}, noContainer, ""},
});

/// A variable, or all that begin so ("LD_*"), which a process reads only while it starts.
struct StartVariable {
  std::string_view pattern;
  std::optional<Language> language;  // nothing = all
};

constexpr StartVariable startVariables[] = {
    {"LD_*", {}},      // the loader reads them once
    {"MALLOC_*", {}},  // glibc's allocator, as GLIBC_TUNABLES
    {"GLIBC_TUNABLES", {}},
    {"LANG", {}},  // the interpreter's encoding and the default locale of ICU
    {"LC_*", {}},
    {"LOCPATH", {}},
    {"GCONV_PATH", {}},
    {"OPENSSL_*", {}},  // read when the library is set up
    {"ICU_*", {}},
    {"PYTHON*", Language::python},
    {"NODE_*", Language::nodejs},
    {"UV_*", Language::nodejs},
};

/// Exceptions from the table above: read late, or applied by the bootstrap at configuration, by
/// either way of start.
constexpr StartVariable lateVariables[] = {
    {"PYTHONPATH", Language::python},
    {"PYTHONUSERBASE", Language::python},
    {"PYTHONBREAKPOINT", Language::python},
    {"PYTHONASYNCIODEBUG", Language::python},
    {"NODE_PATH", Language::nodejs},
    {"NODE_ENV", Language::nodejs},
    {"NODE_TLS_REJECT_UNAUTHORIZED", Language::nodejs},
};

bool matches(std::span<const StartVariable> variables, Language language, std::string_view name) {
  return std::ranges::any_of(variables, [&](const StartVariable& variable) {
    if (variable.language && *variable.language != language) return false;
    const auto pattern = variable.pattern;
    return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1))
                                  : name == pattern;
  });
}

/// What the bootstrap itself applies: such a variable must not already have worked at the start of
/// the process.
bool appliedByBootstrap(std::string_view name) {
  return name == "PYTHONPATH" || name == "PYTHONUSERBASE" || name == "NODE_PATH";
}

constexpr std::string_view systemPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Where a process sees what it was adopted with.
struct Places {
  std::string code = "/code";
  std::string layers = "/opt";
  std::string temporary = "/tmp";
};

/// The image's part of the environment (runtime-contract 2.1), which the user may override.
Environment defaultsOf(const Row& row, const Places& places = {}) {
  Environment result = {{"HOME", places.temporary}, {"LANG", "C.UTF-8"}};
  if (places.temporary != "/tmp") result["TMPDIR"] = places.temporary;
  const std::string libraries = fmt::format("{0}:{0}/lib:/usr/local/lib", places.code);
  if (row.language == Language::custom) {
    result["PATH"] = systemPath;
    result["LD_LIBRARY_PATH"] = libraries;
    result["PYTHONPATH"] = places.code;
    return result;
  }
  result["PATH"] = fmt::format("{}:{}/bin", systemPath, places.layers);
  result["LD_LIBRARY_PATH"] = fmt::format("{}:{}/lib", libraries, places.layers);
  if (row.language == Language::nodejs) {
    result["NODE_PATH"] = fmt::format(
        "/usr/local/lib/node_modules:{1}/nodejs/node{0}/node_modules:{1}/nodejs/node_modules",
        row.version, places.layers);
  }
  return result;
}

const Row& getRow(std::string_view id) {
  if (const Row* row = findRow(id)) return *row;
  throw std::invalid_argument(fmt::format("unknown runtime '{}'", id));
}

std::vector<std::string> listed(const Environment& environment) {
  std::vector<std::string> result;
  result.reserve(environment.size());
  for (const auto& [name, value] : environment) result.push_back(fmt::format("{}={}", name, value));
  return result;
}

std::vector<std::string> startEnvironment(Environment environment) {
  std::erase_if(environment, [](const auto& entry) { return appliedByBootstrap(entry.first); });
  return listed(environment);
}

}  // namespace

std::span<const Row> rows() { return table; }

const Row* findRow(std::string_view id) {
  const auto* const found = std::ranges::find(table, id, &Row::id);
  return found == table.end() ? nullptr : found;
}

bool isManaged(std::string_view id) {
  const Row* row = findRow(id);
  return row != nullptr && row->language != Language::custom &&
         row->language != Language::container;
}

Environment environmentOf(const Configuration& configuration) {
  const Row& row = getRow(configuration.runtime);
  Environment result = defaultsOf(row, {.code = configuration.codePath,
                                        .layers = configuration.layersPath,
                                        .temporary = configuration.temporaryPath});
  for (const auto& [name, value] : configuration.platform) result[name] = value;
  for (const auto& [name, value] : configuration.environment) result[name] = value;
  const bool custom = row.language == Language::custom;
  const std::string serverPath = fmt::format("/var/fc/runtime/{}", configuration.runtime);
  result["FC_FUNC_CODE_PATH"] = configuration.codePath + "/";
  result["FC_ACCOUNT_ID"] = configuration.accountId;
  result["FC_REGION"] = configuration.region;
  result["FC_SERVICE_NAME"] = configuration.serviceName;
  result["FC_FUNCTION_NAME"] = configuration.functionName;
  result["FC_FUNCTION_HANDLER"] = configuration.handler;
  result["FC_FUNCTION_MEMORY_SIZE"] = std::to_string(configuration.memorySize);
  result["FC_QUALIFIER"] = configuration.qualifier;
  result["FC_INSTANCE_ID"] = configuration.instanceId;
  result["FC_SERVER_PORT"] = std::to_string(custom ? configuration.caPort : 9000);
  result["FC_SERVER_PATH"] = serverPath;
  result["FC_SERVER_LOG_PATH"] = serverPath + "/var/log";
  result["FC_FUNC_LOG_PATH"] = "/var/log/fc";
  if (custom) result["FC_CUSTOM_LISTEN_PORT"] = std::to_string(configuration.caPort);
  return result;
}

std::vector<std::string> commandOf(const Configuration& configuration) {
  if (!configuration.startCommand.empty()) return configuration.startCommand;
  return {configuration.codePath + "/bootstrap"};
}

bool needsOwnStart(std::string_view runtime, const Environment& user) {
  const Row& row = getRow(runtime);
  if (!isManaged(runtime)) return true;
  const Environment defaults = defaultsOf(row);
  return std::ranges::any_of(user, [&](const auto& variable) {
    const auto& [name, value] = variable;
    if (matches(lateVariables, row.language, name) || !matches(startVariables, row.language, name))
      return false;
    const auto usual = defaults.find(name);
    return usual == defaults.end() || usual->second != value;
  });
}

Catalogue::Catalogue(std::string directory, Exists exists, Environment platform)
    : directory_(std::move(directory)),
      exists_(std::move(exists)),
      platform_(std::move(platform)) {}

bool Catalogue::isExecutable(const std::string& path) { return ::access(path.c_str(), X_OK) == 0; }

std::optional<std::string> Catalogue::interpreter(const Row& row) const {
  for (const std::string_view candidate : row.interpreters) {
    if (exists_(std::string(candidate))) return std::string(candidate);
  }
  return std::nullopt;
}

std::optional<std::string> Catalogue::interpreterOf(std::string_view id) const {
  const Row* row = findRow(id);
  return row == nullptr ? std::nullopt : interpreter(*row);
}

std::optional<std::string> Catalogue::unavailable(std::string_view id) const {
  const Row* row = findRow(id);
  std::string reason;
  if (row == nullptr) {
    reason = "no such runtime is known";
  } else if (!row->lack.empty()) {
    reason = fmt::format("{}; {}", row->lack, insteadOfIt);
  } else if (!row->interpreters.empty() && !interpreter(*row)) {
    for (const auto path : row->interpreters)
      reason += fmt::format("{}{}", reason.empty() ? "" : " and ", path);
    reason += row->interpreters.size() == 1 ? " is not installed" : " are not installed";
    reason += fmt::format("; install the Debian package {}", row->package);
  } else {
    return std::nullopt;
  }
  return fmt::format("runtime '{}' is not available on this machine: {}", id, reason);
}

std::vector<std::string> Catalogue::command(std::string_view id) const {
  if (auto reason = unavailable(id)) throw std::invalid_argument(*reason);
  const Row& row = getRow(id);
  const std::string program = interpreter(row).value_or("");
  // -S: the bootstrap builds sys.path itself, and site's modules and .pth files are not paid for at
  // each start.
  if (row.language == Language::python) return {program, "-S", directory_ + "/python/bootstrap.py"};
  if (row.language == Language::nodejs) return {program, directory_ + "/nodejs/bootstrap.js"};
  throw std::invalid_argument(fmt::format("runtime '{}' has no bootstrap", id));
}

std::optional<std::string> Catalogue::poolKey(std::string_view id, const Environment& user) const {
  if (!isManaged(id) || unavailable(id) || needsOwnStart(id, user)) return std::nullopt;
  return interpreter(getRow(id));
}

Start Catalogue::generic(std::string_view id) const {
  Environment environment = defaultsOf(getRow(id));
  for (const auto& [name, value] : platform_) environment[name] = value;
  return {.argv = command(id), .environment = startEnvironment(std::move(environment)), .cwd = "/"};
}

std::vector<Start> Catalogue::copyable() const {
  std::vector<Start> starts;
  for (const Row& row : table) {
    if (row.language != Language::python || unavailable(row.id)) continue;
    Start start = generic(row.id);
    if (std::ranges::find(starts, start) == starts.end()) starts.push_back(std::move(start));
  }
  return starts;
}

Start Catalogue::own(const Configuration& configuration) const {
  const Environment environment = environmentOf(configuration);
  if (isManaged(configuration.runtime)) {
    return {.argv = command(configuration.runtime),
            .environment = startEnvironment(environment),
            .cwd = "/"};
  }
  if (auto reason = unavailable(configuration.runtime)) throw std::invalid_argument(*reason);
  return {.argv = commandOf(configuration),
          .environment = listed(environment),
          .cwd = configuration.codePath};
}

}  // namespace openfc::runtime
