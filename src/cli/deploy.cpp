#include "base/encoding.h"
#include "cli/code_archive.h"
#include "cli/command.h"
#include "cli/target.h"

#include <boost/json.hpp>

#include <fmt/core.h>

namespace openfc::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

http::Request jsonRequest(const char* method, std::string target, const json::object& body) {
  http::Request request{
      .method = method, .target = std::move(target), .body = json::serialize(body)};
  request.headers.add("Content-Type", "application/json");
  return request;
}

/// The answer's JSON, or nothing when the server says that there is no such thing.
std::optional<json::object> find(const Client& client, const std::string& path) {
  try {
    return json::parse(client.call({.method = "GET", .target = path}).body).as_object();
  } catch (const ApiError& error) {
    if (error.status() == 404) return std::nullopt;
    throw;
  }
}

std::string directoryName(const fs::path& directory) {
  return fs::canonical(directory).filename().string();
}

json::object environmentOf(const std::vector<std::string>& pairs) {
  json::object environment;
  for (const std::string& pair : pairs) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError("--env: '" + pair + "' is not NAME=VALUE");
    environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return environment;
}

/// What the flags say about the function.
json::object givenConfig(const Arguments& arguments) {
  json::object config;
  for (const char* name : {"runtime", "handler", "initializer", "description"}) {
    if (arguments.has(name)) config[name] = arguments.text(name);
  }
  const std::pair<const char*, const char*> numbers[] = {
      {"memory", "memorySize"}, {"timeout", "timeout"}, {"concurrency", "instanceConcurrency"}};
  for (const auto& [flag, member] : numbers) {
    if (const auto number = arguments.number(flag)) config[member] = *number;
  }
  if (arguments.has("env")) config["environmentVariables"] = environmentOf(arguments.list("env"));
  return config;
}

/// "python3.10" → "python": runtimes of one family run the same kind of files.
std::string_view family(std::string_view runtime) {
  return runtime.substr(0, runtime.find_first_of("0123456789."));
}

/// Fills in runtime and handler from the files. A function that exists keeps its own while the
/// files still are of their kind.
void complete(json::object& config, const fs::path& directory,
              const std::optional<json::object>& existing) {
  if (config.contains("runtime") && (existing || config.contains("handler"))) return;
  const Detected found = detect(directory);
  const json::value* runtime = existing ? existing->if_contains("runtime") : nullptr;
  if (runtime && runtime->is_string() && family(runtime->get_string()) == family(found.runtime))
    return;
  if (!config.contains("runtime")) config["runtime"] = found.runtime;
  if (!config.contains("handler")) config["handler"] = found.handler;
}

void ensureService(const Session& session, const std::string& service) {
  if (find(session.client, apiPath({"services", service}))) return;
  try {
    session.client.call(jsonRequest("POST", apiPath({"services"}), {{"serviceName", service}}));
    session.output.note("created service " + service);
  } catch (const ApiError& error) {
    if (error.code() != "ServiceAlreadyExists") throw;
  }
}

std::string sizeText(std::size_t bytes) {
  return bytes < 10'000 ? fmt::format("{} bytes", bytes)
                        : fmt::format("{:.1f} KB", double(bytes) / 1024);
}

void tell(const Session& session, const Target& target, const json::object& function,
          std::size_t size) {
  if (session.output.json()) return session.output.show(function);
  const json::value* runtime = function.if_contains("runtime");
  session.output.note(fmt::format(
      "deployed {}/{} ({}, {})", target.service, target.function,
      runtime && runtime->is_string() ? runtime->get_string().c_str() : "?", sizeText(size)));
  std::string line = "openfc invoke ";
  if (session.arguments.has("endpoint"))
    line += "--endpoint " + session.client.settings().endpoint + " ";
  line += target.service + "/" + target.function;
  session.output.note("invoke it with:");
  session.output.note("  " + line + " --event '{\"name\": \"openfc\"}'");
}

Exit deploy(const Session& session) {
  const fs::path directory = session.arguments.text("dir");
  if (!fs::is_directory(directory)) throw UsageError(directory.string() + " is not a directory");
  const Target target{.service = session.arguments.text("service", std::string(defaultService)),
                      .function = session.arguments.text("function", directoryName(directory))};
  json::object config = givenConfig(session.arguments);
  const std::string path = apiPath({"services", target.service, "functions", target.function});
  const auto existing = find(session.client, path);
  complete(config, directory, existing);
  const std::string zip =
      pack(directory, session.arguments.list("exclude"),
           [&](auto done, auto size) { session.output.progress("pack  ", done, size); });
  config["code"] = {{"zipFile", toBase64(zip)}};
  if (!existing) {
    ensureService(session, target.service);
    config["functionName"] = target.function;
  }
  const auto request =
      existing ? jsonRequest("PUT", path, config)
               : jsonRequest("POST", apiPath({"services", target.service, "functions"}), config);
  const auto response =
      session.client.call(request, [&, told = std::uint64_t(0)](auto sent, auto size) mutable {
        if (sent != std::exchange(told, sent)) session.output.progress("upload", sent, size);
      });
  tell(session, target, json::parse(response.body).as_object(), zip.size());
  return Exit::ok;
}

}  // namespace

void addDeploy(std::vector<Command>& rows) {
  rows.push_back(
      {"deploy",
       "Pack a directory and create or update a function with it",
       {{"dir", "Directory with the code", Takes::one, true},
        {"-s,--service", "Service; made when it is not there (default)"},
        {"-f,--function", "Function (the directory's name)"},
        {"--runtime", "Runtime (from the files: index.py, index.js, bootstrap …)"},
        {"--handler", "Entry point (index.handler)"},
        {"--initializer", "Entry point that runs once in each instance"},
        {"--description", "Free text"},
        {"-e,--env", "NAME=VALUE, repeatable; replaces the whole environment", Takes::many},
        {"-m,--memory", "Memory limit in MB"},
        {"-t,--timeout", "Seconds that one invocation may take"},
        {"-c,--concurrency", "Requests that one instance takes at a time"},
        {"-x,--exclude", "Files to leave out (shell pattern), repeatable", Takes::many}},
       &deploy});
}

}  // namespace openfc::cli
