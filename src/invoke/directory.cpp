#include "invoke/directory.h"

#include "base/error.h"
#include "model/keys.h"
#include "model/names.h"
#include "model/version.h"
#include "runtime/custom_worker.h"
#include "runtime/managed_worker.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <ranges>

namespace openfc::invoke {
namespace {

constexpr std::size_t maxEntries = 20'000;

constexpr std::size_t maxAliases = 20'000;
constexpr std::string_view latest = "LATEST";

/// "account/service/version/function": the key of a spec.
std::string keyOf(std::string_view accountId, std::string_view serviceName,
                  std::string_view versionId, std::string_view functionName) {
  return fmt::format("{}/{}/{}/{}", accountId, serviceName, versionId, functionName);
}

/// What stands before the next '/', and removes both.
std::string_view cut(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find('/'));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

runtime::LifecycleHook hookOf(const model::LifecycleHook& hook) {
  return {.handler = hook.handler, .timeout = std::chrono::seconds(hook.timeout)};
}

runtime::Configuration configurationOf(const VersionedFunction& state, const std::string& region) {
  const model::Service& service = state.service;
  const model::Function& function = state.function;
  const model::FunctionConfig& config = function.config;
  runtime::Configuration out;
  out.accountId = state.accountId;
  out.qualifier = out.versionId = state.versionId;
  out.region = region;
  out.serviceName = service.serviceName;
  out.functionName = function.functionName;
  out.handler = config.handler;
  out.initializer = config.initializer;
  if (const auto& hooks = config.instanceLifecycleConfig) {
    out.preFreeze = hookOf(hooks->preFreeze);
    out.preStop = hookOf(hooks->preStop);
  }
  out.logProject = service.config.logConfig.project;
  out.logStore = service.config.logConfig.logstore;
  out.jaegerEndpoint = model::endpointOf(service.config.tracingConfig);
  out.runtime = config.runtime;
  out.memorySize = config.memorySize;
  out.timeout = std::chrono::seconds(config.timeout);
  out.initializationTimeout = std::chrono::seconds(config.initializationTimeout);
  out.instanceConcurrency = config.instanceConcurrency;
  out.caPort = config.caPort.value_or(model::defaultCaPort);
  out.layers = config.layers.value_or(std::vector<std::string>());
  out.environment = config.environmentVariables;
  if (config.customRuntimeConfig) {
    out.startCommand = config.customRuntimeConfig->command;
    const auto& args = config.customRuntimeConfig->args;
    out.startCommand.insert(out.startCommand.end(), args.begin(), args.end());
  }
  return out;
}

std::uint64_t checksumOf(const model::Function& function) {
  std::uint64_t value = 0;
  std::from_chars(function.codeChecksum.data(),
                  function.codeChecksum.data() + function.codeChecksum.size(), value);
  return value;
}

auto customWorkers(std::size_t resultLimit) {
  return [resultLimit](net::EventLoop& loop, sandbox::Sandbox& sandbox,
                       scheduler::Launch::RecentOutput output) -> std::unique_ptr<runtime::Worker> {
    return std::make_unique<runtime::CustomWorker>(
        loop, [&sandbox] { return sandbox.socket(); }, std::move(output), resultLimit);
  };
}

auto managedWorkers(std::size_t resultLimit) {
  return [resultLimit](net::EventLoop& loop, sandbox::Sandbox& sandbox,
                       const scheduler::Launch::RecentOutput&) -> std::unique_ptr<runtime::Worker> {
    return std::make_unique<runtime::ManagedWorker>(loop.adopt(sandbox.takeControl()), resultLimit);
  };
}

}  // namespace

scheduler::Launch launchOf(const runtime::Configuration& configuration,
                           const runtime::Catalogue& catalogue, std::size_t resultLimit) {
  scheduler::Launch launch;
  const bool managed = runtime::isManaged(configuration.runtime);
  if (managed) {
    launch.makeWorker = managedWorkers(resultLimit);
  } else {
    launch.makeWorker = customWorkers(resultLimit);
  }
  const auto key =
      managed ? catalogue.poolKey(configuration.runtime, configuration.environment) : std::nullopt;
  const runtime::Start start =
      key ? catalogue.generic(configuration.runtime) : catalogue.own(configuration);
  launch.poolKey = key.value_or("bare");
  launch.beforeAdoption = key.has_value();
  launch.argv = start.argv;
  launch.environment = start.environment;
  launch.cwd = start.cwd;
  return launch;
}

scheduler::SpecPtr specOf(const VersionedFunction& state, const std::string& region,
                          const runtime::Catalogue& catalogue, const Attachments& attachments,
                          std::size_t resultLimit) {
  const model::Service& service = state.service;
  const model::Function& function = state.function;
  if (const auto reason = catalogue.unavailable(function.config.runtime)) {
    throw invalidArgument(*reason);
  }
  auto spec = std::make_shared<scheduler::FunctionSpec>();
  spec->key = keyOf(state.accountId, service.serviceName, state.versionId, function.functionName);
  spec->revision = state.revision;
  spec->configuration = configurationOf(state, region);
  spec->configuration.platform = catalogue.platform();
  spec->launch = launchOf(spec->configuration, catalogue, resultLimit);
  spec->shape.network =
      service.config.internetAccess ? sandbox::Network::internet : sandbox::Network::loopback;
  spec->adoption.code = function.packageDigest;
  // The first of a function's layers wins, which is the last that is put over the others.
  for (const model::AttachedLayer& layer : std::views::reverse(function.attachedLayers))
    spec->adoption.layers.push_back(layer.packageDigest);
  spec->adoption.memory = static_cast<std::uint64_t>(function.config.memorySize) << 20;
  spec->adoption.tmpSize = static_cast<std::uint64_t>(function.config.diskSize.value_or(512)) << 20;
  attachments.apply(state.accountId, service.config, spec->shape, spec->adoption);
  spec->codeChecksum = checksumOf(function);
  return spec;
}

Directory::Directory(store::Documents& documents, package::Packages& packages,
                     const runtime::Catalogue& catalogue, DirectoryOptions options)
    : documents_(documents),
      packages_(packages),
      catalogue_(catalogue),
      options_(std::move(options)) {
  documents_.watch(std::string(model::allFunctionsPrefix),
                   [this](const store::Change& change) { functionChanged(change); });
  documents_.watch(std::string(model::allPublishedPrefix),
                   [this](const store::Change& change) { publishedChanged(change); });
  documents_.watch(std::string(model::allServicesPrefix),
                   [this](const store::Change& change) { serviceChanged(change); });
  documents_.watch(std::string(model::allAliasesPrefix), [this](const store::Change& change) {
    ++changes_;
    aliases_.erase(change.key.substr(model::allAliasesPrefix.size()));
  });
}

Task<scheduler::SpecPtr> Directory::resolve(std::string accountId, std::string serviceName,
                                            std::string qualifier, std::string functionName) {
  std::string versionId(latest);
  if (model::kindOf(qualifier) != model::QualifierKind::latest)
    versionId = co_await versionOf(accountId, serviceName, std::move(qualifier));
  std::string name = keyOf(accountId, serviceName, versionId, functionName);
  const auto found = index_.find(name);
  if (found != index_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    co_return found->second->spec;
  }
  const std::uint64_t before = changes_;
  auto spec = co_await load({std::move(accountId), std::move(serviceName), std::move(versionId),
                             std::move(functionName)});
  if (before == changes_) keep(std::move(name), spec);
  co_return spec;
}

Task<std::string> Directory::versionOf(std::string accountId, std::string serviceName,
                                       std::string qualifier) {
  std::string version = qualifier;
  if (model::kindOf(qualifier) == model::QualifierKind::alias) {
    version = model::chooseVersion(co_await aliasOf(accountId, serviceName, std::move(qualifier)),
                                   options_.random());
  }
  if (model::versionNumber(version)) co_return version;
  co_await requireService(std::move(accountId), serviceName);
  throw errorOf(Code::versionNotFound, {version, serviceName});
}

Task<model::AliasConfig> Directory::aliasOf(std::string accountId, std::string serviceName,
                                            std::string name) {
  std::string key = fmt::format("{}/{}/{}", accountId, serviceName, name);
  const auto found = aliases_.find(key);
  if (found != aliases_.end()) co_return found->second;
  const std::uint64_t before = changes_;
  const auto document = co_await documents_.find(model::aliasKey(accountId, serviceName, name));
  if (!document) {
    co_await requireService(std::move(accountId), serviceName);
    throw errorOf(Code::aliasNotFound, {name, serviceName});
  }
  auto alias = model::fromDocument<model::Alias>(document->value).config;
  if (before == changes_) {
    if (aliases_.size() >= maxAliases) aliases_.clear();
    aliases_.emplace(std::move(key), alias);
  }
  co_return alias;
}

Task<scheduler::SpecPtr> Directory::load(Name name) {
  const VersionedFunction state =
      name.versionId == latest ? co_await readCurrent(name) : co_await readPublished(name);
  auto spec =
      specOf(state, options_.region, catalogue_, options_.attachments, options_.resultLimit);
  if (const std::string& role = state.service.config.role; !role.empty() && options_.credentials) {
    auto withRole = std::make_shared<scheduler::FunctionSpec>(*spec);
    withRole->credentials = [make = options_.credentials, account = name.accountId, role,
                             session = name.serviceName + '/' + name.functionName] {
      return make(account, role, session);
    };
    spec = std::move(withRole);
  }
  const auto language = spec->configuration.runtime.starts_with("python")
                            ? package::Language::python
                            : package::Language::other;
  for (const std::string& digest : model::packagesOf(state.function)) {
    if (!packages_.prepared(digest)) co_await packages_.prepare(digest, language, name.accountId);
  }
  co_return spec;
}

Task<VersionedFunction> Directory::readCurrent(Name name) {
  const auto service =
      co_await documents_.find(model::serviceKey(name.accountId, name.serviceName));
  if (!service) throw errorOf(Code::serviceNotFound, {name.serviceName});
  const auto function = co_await documents_.find(
      model::functionKey(name.accountId, name.serviceName, name.functionName));
  if (!function) throw errorOf(Code::functionNotFound, {name.functionName, name.serviceName});
  co_return VersionedFunction{.accountId = name.accountId,
                              .versionId = name.versionId,
                              .service = model::fromDocument<model::Service>(service->value),
                              .function = model::fromDocument<model::Function>(function->value),
                              .revision = std::max(service->revision, function->revision)};
}

Task<VersionedFunction> Directory::readPublished(Name name) {
  const int number = model::versionNumber(name.versionId).value_or(0);  // 0 is none
  const auto version =
      co_await documents_.find(model::versionKey(name.accountId, name.serviceName, number));
  if (!version) {
    co_await requireService(name.accountId, name.serviceName);
    throw errorOf(Code::versionNotFound, {name.versionId, name.serviceName});
  }
  const auto function = co_await documents_.find(
      model::publishedKey(name.accountId, name.serviceName, number, name.functionName));
  if (!function) throw errorOf(Code::functionNotFound, {name.functionName, name.serviceName});
  co_return VersionedFunction{
      .accountId = name.accountId,
      .versionId = name.versionId,
      .service = model::fromDocument<model::Version>(version->value).service,
      .function = model::fromDocument<model::Function>(function->value),
      .revision = std::max(version->revision, function->revision)};
}

Task<> Directory::requireService(std::string accountId, std::string serviceName) {
  if (!co_await documents_.find(model::serviceKey(accountId, serviceName)))
    throw errorOf(Code::serviceNotFound, {serviceName});
}

void Directory::keep(std::string name, scheduler::SpecPtr spec) {
  if (index_.contains(name)) return;
  entries_.push_front({std::move(name), std::move(spec)});
  index_.emplace(entries_.front().name, entries_.begin());
  if (entries_.size() > maxEntries) {
    index_.erase(entries_.back().name);
    entries_.pop_back();
  }
}

void Directory::forget(const std::string& name) {
  const auto found = index_.find(name);
  if (found == index_.end()) return;
  const auto entry = found->second;
  index_.erase(found);
  entries_.erase(entry);
}

void Directory::functionChanged(const store::Change& change) {
  ++changes_;
  std::string_view rest(change.key);
  rest.remove_prefix(model::allFunctionsPrefix.size());
  const std::string_view account = cut(rest);
  const std::string_view service = cut(rest);
  const std::string name = keyOf(account, service, latest, rest);
  forget(name);
  if (!change.value) options_.onGone(name);
}

void Directory::publishedChanged(const store::Change& change) {
  ++changes_;
  std::string_view rest(change.key);
  rest.remove_prefix(model::allPublishedPrefix.size());
  const std::string_view account = cut(rest);
  const std::string_view service = cut(rest);
  std::string_view version = cut(rest);
  version.remove_prefix(std::min(version.size(), version.find_first_not_of('0')));
  const std::string name = keyOf(account, service, version, rest);
  forget(name);
  if (!change.value) options_.onGone(name);
}

void Directory::serviceChanged(const store::Change& change) {
  ++changes_;
  const std::string prefix =
      fmt::format("{}/{}/", change.key.substr(model::allServicesPrefix.size()), latest);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->name.starts_with(prefix)) {
      index_.erase(entry->name);
      entries_.erase(entry);
    }
    entry = next;
  }
}

}  // namespace openfc::invoke
