#include "api/functions.h"

#include "api/attached_layers.h"
#include "api/provision_configs.h"
#include "api/resource.h"
#include "api/runtime_support.h"
#include "base/error.h"
#include "base/id.h"
#include "model/keys.h"

#include <charconv>

namespace openfc::api {
namespace {

FunctionReply reply(const Stored<model::Function>& function) {
  return {.etag = function.etag(), .warning = {}, .function = function.value};
}

/// The same to whoever made or changed it.
FunctionReply warned(const Context& context, const Stored<model::Function>& function) {
  FunctionReply out = reply(function);
  if (RuntimeSupport* runtimes = context.parts.runtimes) {
    out.warning = runtimes->warning(function.value.config.runtime);
  }
  return out;
}

void checkRuntime(const Context& context, const std::string& runtime) {
  if (context.parts.runtimes != nullptr) context.parts.runtimes->check(runtime);
}

void take(model::Function& function, const package::Package& package) {
  function.packageDigest = package.digest;
  function.codeSize = static_cast<std::int64_t>(package.size);
  function.codeChecksum = std::to_string(package.crc64);
}

/// A creation's view of the service at one moment; the commit holds only if nothing of it has
/// changed.
struct Room {
  store::Revision service = 0;
  store::Expect count;        // of the document that every creation in the service writes
  std::size_t functions = 0;  // with the new one, at most
};

/// How many functions the service has at most; nothing: they must be counted. Only creations write
/// it, so that deletions need not wait for each other.
std::optional<std::size_t> boundOf(const std::optional<store::Document>& count) {
  std::size_t bound = 0;
  if (!count) return bound;
  const char* end = count->value.data() + count->value.size();
  const auto read = std::from_chars(count->value.data(), end, bound);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return bound;
}

/// Throws Error: the service is gone, the function is there, the service is full.
Task<Room> roomFor(Context context, std::string service, std::string function) {
  store::Documents& documents = context.parts.documents;
  const std::size_t limit = context.settings().maxFunctionsPerService;
  const auto found = co_await getService(context, service);
  const auto count = co_await documents.find(model::functionCountKey(context.account(), service));
  if (co_await documents.find(model::functionKey(context.account(), service, function))) {
    throw errorOf(Code::functionAlreadyExists, {function, service});
  }
  std::size_t functions = boundOf(count).value_or(limit);
  if (functions >= limit) {
    const auto there =
        co_await documents.page(model::functionsPrefix(context.account(), service), "", limit);
    functions = there.size();
  }
  if (functions >= limit) throw errorOf(Code::limitExceeded, {"functions", std::to_string(limit)});
  co_return Room{found.revision,
                 count ? store::Expect::at(count->revision) : store::Expect::absent(),
                 functions + 1};
}

/// Commits until no other creation or change of the service came between; each round somebody's
/// write was done.
Task<store::Revision> add(Context context, std::string service, std::string key,
                          model::Function function) {
  for (;;) {
    const Room room = co_await roomFor(context, service, function.functionName);
    std::vector<store::Operation> operations;
    operations.push_back(store::require(model::serviceKey(context.account(), service),
                                        store::Expect::at(room.service)));
    operations.push_back(store::put(model::functionCountKey(context.account(), service),
                                    std::to_string(room.functions), room.count));
    operations.push_back(store::put(key, model::toDocument(function), store::Expect::absent()));
    const auto committed = co_await commit(context, std::move(operations));
    if (committed) co_return *committed;
  }
}

/// Custom containers need no code; what clients send empty for them counts as none.
bool needsCode(const model::FunctionConfig& config) {
  return config.runtime != model::containerRuntime;
}

void checkNew(CreateFunction& input) {
  schema::Problems problems;
  if (!needsCode(input.config) && input.code && !given(*input.code)) input.code.reset();
  if (needsCode(input.config) && !input.code) problems.add("code is required");
  if (input.code) check(*input.code, problems);
  check(input.config, problems);
  problems.throwIfAny();
}

void checkChanged(UpdateFunction& input, const model::Function& function) {
  schema::Problems problems;
  const bool needed = needsCode(function.config);
  if (!needed && input.code && !given(*input.code)) input.code.reset();
  if (needed && !input.code && function.packageDigest.empty()) problems.add("code is required");
  if (input.code) check(*input.code, problems);
  check(function.config, problems);
  problems.throwIfAny();
}

}  // namespace

Task<FunctionReply> createFunction(Context context, CreateFunction input) {
  checkNew(input);
  checkRuntime(context, input.config.runtime);
  co_await roomFor(context, input.serviceName,
                   input.functionName);  // before the code costs anything
  model::Function function{.functionName = input.functionName, .functionId = uuid()};
  function.config = model::settled(std::move(input.config));
  function.attachedLayers = co_await attachLayers(context, function.config, {});
  if (input.code) {
    take(function, co_await storeCode(context, std::move(*input.code),
                                      std::move(input.codeChecksum), function.config.runtime));
  }
  function.createdTime = function.lastModifiedTime = wholeSeconds(context.now());
  std::string key = model::functionKey(context.account(), input.serviceName, input.functionName);
  const auto revision = co_await add(context, input.serviceName, key, function);
  co_return warned(context, {std::move(function), std::move(key), revision});
}

Task<> deleteFunction(Context context, DeleteFunction input) {
  const auto function = co_await getFunction(context, input.serviceName, input.functionName);
  checkIfMatch(input.ifMatch, function.etag());
  for (;;) {
    std::vector<store::Operation> operations;
    operations.push_back(store::require(
        model::triggersPrefix(context.account(), input.serviceName, input.functionName),
        store::Expect::nothingUnder()));
    operations.push_back(store::erase(function.key, store::Expect::at(function.revision)));
    operations.push_back(
        co_await requireNotProvisioned(context, input.serviceName, input.functionName));
    operations.push_back(store::erase(
        model::triggerCountKey(context.account(), input.serviceName, input.functionName)));
    operations.push_back(store::erase(
        model::asyncConfigKey(context.account(), input.serviceName, "LATEST", input.functionName)));
    const auto committed = co_await commit(context, std::move(operations));
    if (committed) co_return;
    if (committed.error().operation == 0) {
      throw errorOf(Code::functionNotEmpty, {input.functionName, "triggers"});
    }
    if (committed.error().operation == 1) throw lostRace(input.ifMatch);
  }
}

Task<FunctionReply> updateFunction(Context context, UpdateFunction input) {
  auto function = co_await getFunction(context, input.serviceName, input.functionName);
  checkIfMatch(input.ifMatch, function.etag());
  const std::string runtime = function.value.config.runtime;
  input.config.applyTo(function.value.config);
  function.value.config = model::settled(std::move(function.value.config));
  checkChanged(input, function.value);
  if (function.value.config.runtime != runtime)
    checkRuntime(context, function.value.config.runtime);
  function.value.attachedLayers = co_await attachLayers(context, function.value.config,
                                                        std::move(function.value.attachedLayers));
  if (input.code) {
    take(function.value,
         co_await storeCode(context, std::move(*input.code), std::move(input.codeChecksum),
                            function.value.config.runtime));
  }
  ++function.value.generation;
  function.value.lastModifiedTime = wholeSeconds(context.now());
  std::vector<store::Operation> operations;
  operations.push_back(store::put(function.key, model::toDocument(function.value),
                                  store::Expect::at(function.revision)));
  const auto committed = co_await commit(context, std::move(operations));
  if (!committed) throw lostRace(input.ifMatch);
  function.revision = *committed;
  co_return warned(context, function);
}

Task<FunctionReply> getFunctionState(Context context, GetFunction input) {
  co_return reply(
      co_await getFunction(context, input.serviceName, input.qualifier, input.functionName));
}

Task<FunctionPage> listFunctions(Context context, ListFunctions input) {
  const std::string& account = context.account();
  const auto version = co_await versionOf(context, input.serviceName, input.qualifier);
  co_await getService(context, input.serviceName,
                      version ? std::to_string(*version) : std::string());
  Page found = co_await page(context,
                             version ? model::publishedPrefix(account, input.serviceName, *version)
                                     : model::functionsPrefix(account, input.serviceName),
                             std::move(input.page));
  FunctionPage out{.functions = {}, .nextToken = std::move(found.nextToken)};
  for (const store::Document& document : found.documents) {
    out.functions.push_back(model::fromDocument<model::Function>(document.value));
  }
  co_return out;
}

}  // namespace openfc::api
