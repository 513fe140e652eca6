#include "invoke/directory.h"

#include "base/error.h"
#include "model/keys.h"
#include "runtime/custom_worker.h"
#include "runtime/managed_worker.h"

#include <algorithm>
#include <charconv>
#include <ranges>

namespace openfc::invoke {
namespace {

constexpr std::size_t maxEntries = 20'000;

bool allDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool isLatest(std::string_view qualifier) { return qualifier.empty() || qualifier == "LATEST"; }

runtime::Configuration configurationOf(const std::string& accountId, const std::string& region,
                                       const model::Service& service,
                                       const model::Function& function) {
  const model::FunctionConfig& config = function.config;
  runtime::Configuration out;
  out.accountId = accountId;
  out.region = region;
  out.serviceName = service.serviceName;
  out.functionName = function.functionName;
  out.handler = config.handler;
  out.initializer = config.initializer;
  out.logProject = service.config.logConfig.project;
  out.logStore = service.config.logConfig.logstore;
  out.jaegerEndpoint = model::endpointOf(service.config.tracingConfig);
  out.runtime = config.runtime;
  out.memorySize = config.memorySize;
  out.timeout = std::chrono::seconds(config.timeout);
  out.initializationTimeout = std::chrono::seconds(config.initializationTimeout);
  out.instanceConcurrency = config.instanceConcurrency;
  out.caPort = config.caPort.value_or(model::defaultCaPort);
  out.layers = config.layers;
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

std::unique_ptr<runtime::Worker> customWorker(net::EventLoop& loop, sandbox::Sandbox& sandbox,
                                              scheduler::Launch::RecentOutput output) {
  return std::make_unique<runtime::CustomWorker>(
      loop, [&sandbox] { return sandbox.socket(); }, std::move(output));
}

std::unique_ptr<runtime::Worker> managedWorker(net::EventLoop& loop, sandbox::Sandbox& sandbox,
                                               const scheduler::Launch::RecentOutput&) {
  return std::make_unique<runtime::ManagedWorker>(loop.adopt(sandbox.takeControl()));
}

}  // namespace

scheduler::Launch launchOf(const runtime::Configuration& configuration,
                           const runtime::Catalogue& catalogue) {
  scheduler::Launch launch;
  const bool managed = runtime::isManaged(configuration.runtime);
  if (managed) {
    launch.makeWorker = managedWorker;
  } else {
    launch.makeWorker = customWorker;
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

scheduler::SpecPtr specOf(const std::string& accountId, const std::string& region,
                          const model::Service& service, const model::Function& function,
                          std::uint64_t revision, const runtime::Catalogue& catalogue,
                          const Attachments& attachments) {
  if (const auto reason = catalogue.unavailable(function.config.runtime)) {
    throw invalidArgument(*reason);
  }
  auto spec = std::make_shared<scheduler::FunctionSpec>();
  spec->key = accountId + '/' + service.serviceName + "/LATEST/" + function.functionName;
  spec->revision = revision;
  spec->configuration = configurationOf(accountId, region, service, function);
  spec->launch = launchOf(spec->configuration, catalogue);
  spec->shape.network =
      service.config.internetAccess ? sandbox::Network::internet : sandbox::Network::loopback;
  spec->adoption.code = function.packageDigest;
  // The first of a function's layers wins, which is the last that is put over the others.
  for (const model::AttachedLayer& layer : std::views::reverse(function.attachedLayers))
    spec->adoption.layers.push_back(layer.packageDigest);
  spec->adoption.memory = static_cast<std::uint64_t>(function.config.memorySize) << 20;
  spec->adoption.tmpSize = static_cast<std::uint64_t>(function.config.diskSize.value_or(512)) << 20;
  attachments.apply(service.config, spec->shape, spec->adoption);
  spec->codeChecksum = checksumOf(function);
  return spec;
}

Directory::Directory(store::Documents& documents, package::Packages& packages,
                     const runtime::Catalogue& catalogue, Attachments attachments,
                     std::string region, std::function<void(const std::string&)> onGone)
    : documents_(documents),
      packages_(packages),
      catalogue_(catalogue),
      attachments_(std::move(attachments)),
      region_(std::move(region)),
      onGone_(std::move(onGone)) {
  documents_.watch(std::string(model::allFunctionsPrefix),
                   [this](const store::Change& change) { functionChanged(change); });
  documents_.watch(std::string(model::allServicesPrefix),
                   [this](const store::Change& change) { serviceChanged(change); });
}

Task<scheduler::SpecPtr> Directory::resolve(std::string accountId, std::string serviceName,
                                            std::string qualifier, std::string functionName) {
  if (isLatest(qualifier)) {
    std::string name = accountId + '/' + serviceName + '/' + functionName;
    const auto found = index_.find(name);
    if (found != index_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      co_return found->second->spec;
    }
    const std::uint64_t before = changes_;
    auto spec =
        co_await load(std::move(accountId), std::move(serviceName), std::move(functionName));
    if (before == changes_) keep(std::move(name), spec);
    co_return spec;
  }
  if (!co_await documents_.find(model::serviceKey(accountId, serviceName))) {
    throw errorOf(Code::serviceNotFound, {serviceName});
  }
  throw errorOf(allDigits(qualifier) ? Code::versionNotFound : Code::aliasNotFound,
                {qualifier, serviceName});
}

Task<scheduler::SpecPtr> Directory::load(std::string accountId, std::string serviceName,
                                         std::string functionName) {
  const auto service = co_await documents_.find(model::serviceKey(accountId, serviceName));
  if (!service) throw errorOf(Code::serviceNotFound, {serviceName});
  const auto function =
      co_await documents_.find(model::functionKey(accountId, serviceName, functionName));
  if (!function) throw errorOf(Code::functionNotFound, {functionName, serviceName});
  const auto current = model::fromDocument<model::Function>(function->value);
  auto spec =
      specOf(accountId, region_, model::fromDocument<model::Service>(service->value), current,
             std::max(service->revision, function->revision), catalogue_, attachments_);
  const auto language = spec->configuration.runtime.starts_with("python")
                            ? package::Language::python
                            : package::Language::other;
  for (const std::string& digest : model::packagesOf(current)) {
    if (!packages_.prepared(digest)) co_await packages_.prepare(digest, language);
  }
  co_return spec;
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

void Directory::functionChanged(const store::Change& change) {
  ++changes_;
  const std::string name = change.key.substr(model::allFunctionsPrefix.size());
  const auto found = index_.find(name);
  if (found == index_.end()) return;
  const auto entry = found->second;
  const std::string key = entry->spec->key;
  index_.erase(found);
  entries_.erase(entry);
  if (!change.value) onGone_(key);
}

void Directory::serviceChanged(const store::Change& change) {
  ++changes_;
  const std::string prefix = change.key.substr(model::allServicesPrefix.size()) + '/';
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
