#include "base/encoding.h"
#include "cli/code_archive.h"
#include "cli/code_upload.h"
#include "cli/command.h"
#include "cli/function_flags.h"
#include "cli/handler_form.h"
#include "cli/target.h"

#include <boost/json.hpp>

#include <fmt/core.h>

#include <algorithm>

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

/// What the flags say about the function.
json::object givenConfig(const Arguments& arguments) {
  json::object config;
  for (const char* name : {"runtime", "handler", "initializer", "description"}) {
    if (arguments.has(name)) config[name] = arguments.text(name);
  }
  for (const char* name : {"memorySize", "timeout", "instanceConcurrency"}) {
    if (const auto number = arguments.number(name)) config[name] = *number;
  }
  addEnvironment(config, arguments);
  return config;
}

/// A member of the function as it will be: what is sent, else what is there.
std::string willBe(const json::object& config, const std::optional<json::object>& existing,
                   std::string_view name) {
  for (const json::object* object : {&config, existing ? &*existing : nullptr}) {
    const json::value* value = object != nullptr ? object->if_contains(name) : nullptr;
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
  }
  return "";
}

/// Fills in runtime and handler from the files. A function that exists keeps its own while the
/// files still are of their kind.
void complete(json::object& config, const fs::path& directory,
              const std::optional<json::object>& existing) {
  if (config.contains("runtime") && (existing || config.contains("handler"))) return;
  const Detected found = detect(directory);
  const std::string runtime = willBe(config, existing, "runtime");
  const bool fits = familyOf(runtime) == familyOf(found.runtime) &&
                    (!found.needsPromises || takesPromises(runtime));
  if (existing && fits) return;
  if (!config.contains("runtime")) config["runtime"] = found.runtime;
  const bool isOther = !existing || familyOf(runtime) != familyOf(found.runtime);
  if (!config.contains("handler") && isOther) config["handler"] = found.handler;
}

/// Refuses before anything is sent what no server would run. Throws UsageError.
void checkForm(const std::string& runtime, const json::object& config,
               const std::optional<json::object>& existing) {
  std::string problem = runtimeProblem(runtime);
  for (const char* name : {"handler", "initializer"}) {
    const std::string handler = willBe(config, existing, name);
    if (problem.empty() && !handler.empty()) problem = handlerProblem(runtime, handler);
  }
  if (!problem.empty()) throw UsageError(problem);
}

/// Refuses a package without the file that the handler names, unless a layer may hold it.
void checkFiles(const Package& package, const std::string& runtime, const std::string& handler,
                const std::optional<json::object>& existing) {
  const json::value* layers = existing ? existing->if_contains("layers") : nullptr;
  if (layers != nullptr && layers->is_array() && !layers->get_array().empty()) return;
  std::string missing = missingFile(runtime, handler, package.files);
  const bool custom = familyOf(runtime) == "custom";
  if (custom && std::ranges::find(package.ignored, "bootstrap") != package.ignored.end())
    missing = "bootstrap";
  if (missing.empty()) return;
  if (std::ranges::find(package.ignored, missing) != package.ignored.end()) {
    throw UsageError(
        fmt::format("{} leaves out {}, which the function needs: a file {} says "
                    "instead what to leave out",
                    package.ignoreFile, missing, ".fcignore"));
  }
  throw UsageError(
      fmt::format("the handler {} needs a file {}, which is not there", handler, missing));
}

/// Says when the server's machine cannot run such functions. Older servers do not tell.
void warnOfRuntime(const Session& session, const std::string& runtime) {
  try {
    const auto answer = session.client.call({.method = "GET", .target = "/openfc/capabilities"});
    const json::value known = json::parse(answer.body);
    const json::value* runtimes = known.as_object().if_contains("runtimes");
    if (runtimes == nullptr) return;
    for (const json::value& row : runtimes->as_array()) {
      if (row.at("runtime").as_string() != runtime || row.at("available").as_bool()) continue;
      session.output.note("warning: " + runtime + " cannot run on the server's machine: " +
                          json::value_to<std::string>(row.at("note")));
    }
  } catch (const ApiError&) {
    return;
  }
}

void warnOfPromise(const Session& session, const fs::path& directory, const std::string& runtime) {
  if (familyOf(runtime) != "nodejs" || takesPromises(runtime)) return;
  if (!answersByPromise(directory)) return;
  session.output.note("warning: the handler is an async function, and " + runtime +
                      " ignores a returned promise: call callback, or deploy with --runtime " +
                      std::string(promiseRuntime));
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

void tell(const Session& session, const Target& target, const json::object& function,
          std::size_t size) {
  if (session.output.json()) return session.output.show(function);
  const json::value* runtime = function.if_contains("runtime");
  session.output.note(fmt::format(
      "deployed {}/{} ({}, {})", target.service, target.function,
      runtime && runtime->is_string() ? runtime->get_string().c_str() : "?", megabytes(size)));
  std::string line = "openfc invoke ";
  if (session.arguments.has("endpoint"))
    line += "--endpoint " + session.client.settings().endpoint + " ";
  line += target.service + "/" + target.function;
  session.output.note("invoke it with:");
  session.output.note("  " + line + " --event '{\"name\": \"openfc\"}'");
}

Package packed(const Session& session, const fs::path& directory) {
  session.output.note("packing " + directory.string());
  Package package = pack(directory, session.arguments.list("exclude"), [&](auto done, auto size) {
    session.output.progress("pack  ", done, size);
  });
  constexpr std::size_t named = 5;
  std::string ignored;
  for (std::size_t i = 0; i < std::min(package.ignored.size(), named); ++i)
    ignored += (i == 0 ? "" : ", ") + package.ignored[i];
  if (package.ignored.size() > named)
    ignored += fmt::format(" and {} more", package.ignored.size() - named);
  if (!ignored.empty()) session.output.note("left out by " + package.ignoreFile + ": " + ignored);
  return package;
}

/// The member `code`, with the package on its way into a bucket when one is named.
json::object codeMember(const Session& session, const Target& target, const std::string& zip) {
  const bool inBucket = session.arguments.has("bucket");
  checkSize(session, zip.size(), inBucket);
  session.output.note("uploading " + megabytes(zip.size()));
  if (!inBucket) return {{"zipFile", toBase64(zip)}};
  const std::string service = target.service.substr(0, target.service.find('.'));
  return putIntoBucket(session, session.arguments.text("bucket"),
                       service + "/" + target.function + ".zip", zip);
}

Exit deploy(const Session& session) {
  const fs::path directory = session.arguments.text("dir");
  if (!fs::is_directory(directory)) throw UsageError(directory.string() + " is not a directory");
  const Target target{.service = session.arguments.text("service", std::string(defaultService)),
                      .function = session.arguments.text("function", directoryName(directory))};
  json::object config = givenConfig(session.arguments);
  if (config.contains("runtime")) checkForm(session.arguments.text("runtime"), config, {});
  const std::string path = apiPath({"services", target.service, "functions", target.function});
  const auto existing = find(session.client, path);
  complete(config, directory, existing);
  const std::string runtime = willBe(config, existing, "runtime");
  checkForm(runtime, config, existing);
  const Package package = packed(session, directory);
  checkFiles(package, runtime, willBe(config, existing, "handler"), existing);
  warnOfRuntime(session, runtime);
  warnOfPromise(session, directory, runtime);
  config["code"] = codeMember(session, target, package.zip);
  if (!existing) {
    ensureService(session, target.service);
    config["functionName"] = target.function;
  }
  const auto request =
      existing ? jsonRequest("PUT", path, config)
               : jsonRequest("POST", apiPath({"services", target.service, "functions"}), config);
  const auto response = session.client.call(request, uploadProgress(session));
  tell(session, target, json::parse(response.body).as_object(), package.zip.size());
  return Exit::ok;
}

}  // namespace

void addDeploy(std::vector<Command>& rows) {
  rows.push_back(
      {"deploy",
       "Pack a directory and create or update a function with it",
       {{"dir", "Directory with the code", Takes::one, true},
        {"-s,--service", "Service; made when it is not there [default]"},
        {"-f,--function", "Function [the directory's name]"},
        {"--runtime", "Runtime [from the files: index.py, index.js, bootstrap …]"},
        {"--handler", "Entry point [index.handler]"},
        {"--initializer", "Entry point that runs once in each instance"},
        {"--description", "Free text"},
        environmentFlag(),
        functionFlag({"--memorySize", "Memory limit in MB"}),
        functionFlag({"--timeout", "Seconds that one invocation may take"}),
        functionFlag({"--instanceConcurrency", "Requests that one instance takes at a time"}),
        excludeFlag(),
        {"--bucket", "Send the code by this bucket of the server: for large packages"}},
       &deploy,
       {"openfc deploy .", "openfc deploy ./create -s orders -f create -m 512 -e MODE=test",
        "openfc deploy ./model -s ml --bucket code"}});
}

}  // namespace openfc::cli
