#include "server/house.h"

#include "api/response.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "model/keys.h"
#include "server/collector.h"
#include "store/sqlite/sqlite_store.h"

#include <fmt/core.h>

#include <algorithm>
#include <random>

namespace openfc::server {
namespace {

constexpr std::chrono::minutes collectionInterval{30};
constexpr std::chrono::seconds collectorTimeout{2};
constexpr std::chrono::seconds traceFarewell{1};
constexpr std::chrono::seconds hookFarewell{20};
constexpr std::size_t maxCollectorAnswer = 64u << 10;

std::vector<std::string> hostNamesOf(const Config& config) {
  std::vector<std::string> names = config.hostNames;
  if (std::string host = hostOf(authorityOf(config.publicUrl)); !host.empty())
    names.push_back(std::move(host));
  return names;
}

std::optional<HostRule> apiHostsOf(const Config& config) {
  if (!acceptsDevelopmentKey(config)) return std::nullopt;
  return HostRule(hostNamesOf(config));
}

Task<http::Response> forbidden(std::string reason) {
  http::Response response = api::errorResponse(Error(Code::accessDenied, std::move(reason)));
  api::addCommonHeaders(response, uuid());
  co_return response;
}

/// A quarter as much as instances may have, but room for the largest request; three quarters of it
/// for one account, so that others always find some.
ByteBudget::Limits byteLimits(const Config& config) {
  constexpr std::uint64_t least = 256u << 20;
  ByteBudget::Limits limits;
  limits.total = static_cast<std::uint64_t>(config.maxBytesInFlight);
  if (limits.total == 0) limits.total = std::max(memoryForInstances(config) / 4, least);
  limits.account = static_cast<std::uint64_t>(config.maxAccountBytesInFlight);
  if (limits.account == 0) limits.account = limits.total / 4 * 3;
  return limits;
}

package::Limits packageLimits(const Config& config) {
  package::Limits limits;
  limits.maxArchive = static_cast<std::uint64_t>(config.maxStoredCodeBytes);
  return limits;
}

std::map<std::string, package::Bucket> bucketsOf(const Config& config) {
  std::map<std::string, package::Bucket> buckets;
  for (const BucketConfig& bucket : config.buckets) {
    package::Bucket& made = buckets[bucket.name];
    made.readOnly = bucket.readOnly;
    made.accounts = accountsOf(config, bucket.accounts);
    if (!bucket.directory.empty()) {
      made.source = package::DirectoryBucket{bucket.directory};
    } else {
      made.source = package::RemoteBucket{
          .endpoint = bucket.endpoint,
          .region = bucket.region,
          .style = bucket.style == "virtual" ? package::RemoteBucket::Style::virtualHost
                                             : package::RemoteBucket::Style::path,
          .credentials = {bucket.accessKeyId, bucket.accessKeySecret}};
    }
  }
  return buckets;
}

invoke::Attachments attachmentsOf(const Config& config) {
  std::vector<invoke::NasServer> servers;
  servers.reserve(config.nas.size());
  for (const NasConfig& nas : config.nas) {
    servers.push_back({nas.serverAddr, accountsOf(config, nas.accounts), nas.userId, nas.groupId});
  }
  std::vector<invoke::VSwitch> switches;
  switches.reserve(config.vswitches.size());
  for (const VSwitchConfig& row : config.vswitches) {
    switches.push_back({row.id, row.vpcId, accountsOf(config, row.accounts)});
  }
  return {std::move(servers), std::move(switches)};
}

std::vector<scheduler::WarmKind> warmKinds(const Config& config,
                                           const runtime::Catalogue& catalogue) {
  std::vector<scheduler::WarmKind> kinds;
  for (const std::string& id : config.poolRuntimes) {
    if (const auto reason = catalogue.unavailable(id)) {
      log::warn("a runtime is not pre-warmed", {{"runtime", id}, {"reason", *reason}});
      continue;
    }
    runtime::Configuration configuration;
    configuration.runtime = id;
    kinds.push_back(
        {invoke::launchOf(configuration, catalogue, static_cast<std::size_t>(config.maxEventBytes)),
         {sandbox::Network::internet}});
  }
  return kinds;
}

/// Those that have keys of this configuration.
std::vector<std::string> accountsOf(const Config& config) {
  std::vector<std::string> accounts = {config.accountId};
  for (const AccessKeyConfig& key : config.accessKeys) {
    if (!key.accountId.empty()) accounts.push_back(key.accountId);
  }
  return accounts;
}

scheduler::FleetConfig fleetConfig(const Config& config) {
  return {.maxConcurrency = static_cast<std::size_t>(config.maxConcurrency),
          .memory = memoryForInstances(config),
          .accountMemory = static_cast<std::uint64_t>(config.accountMemory) << 20,
          .accounts = accountsOf(config),
          .accountShare = config.accountShare / 100.0,
          .admissionWait = std::chrono::seconds(config.admissionWait),
          .freezeAfter = std::chrono::milliseconds(config.freezeAfter),
          .reclaimAfter = std::chrono::seconds(config.reclaimAfter)};
}

api::Settings settingsOf(const Config& config, int port, const Vault& vault) {
  api::Settings settings;
  settings.port = port;
  settings.region = config.region;
  settings.maxEvent = static_cast<std::size_t>(config.maxEventBytes);
  settings.maxInlineCode = static_cast<std::size_t>(config.maxCodeBytes);
  settings.maxStoredCode = static_cast<std::size_t>(config.maxStoredCodeBytes);
  settings.maxFunctionsPerService = static_cast<std::size_t>(config.maxFunctionsPerService);
  settings.availabilityZones = config.availabilityZones.empty()
                                   ? std::vector<std::string>{config.region + "-a"}
                                   : config.availabilityZones;
  settings.reservedCapacities = config.reservedCapacities;
  std::ranges::sort(settings.reservedCapacities, {}, &model::ReservedCapacity::instanceId);
  settings.instancesAsArray = config.instancesAsArray;
  settings.maxConcurrency = static_cast<std::size_t>(config.maxConcurrency);
  settings.maxTriggersPerFunction = static_cast<std::size_t>(config.maxTriggersPerFunction);
  settings.deleteWith204 = config.deleteWith204;
  settings.publicUrl = config.publicUrl;
  settings.downloadExpiry = std::chrono::seconds(config.downloadExpiry);
  settings.downloadKey = vault.derive("download URLs");
  settings.bucketTokenExpiry = std::chrono::seconds(config.bucketTokenExpiry);
  settings.attachments = attachmentsOf(config);
  return settings;
}

observe::LogLimits logLimits(const Config& config) {
  observe::LogLimits limits;
  limits.bytes = static_cast<std::size_t>(config.maxLogBytes);
  limits.bufferBytes = std::min(limits.bytes / 2, std::size_t{64} << 20);
  return limits;
}

int postSpans(const http::Outbound& outbound, const std::string& url,
              const observe::SpanBatch& batch, std::stop_token stop) {
  http::Request request{.method = "POST", .target = url, .body = batch.body};
  request.headers.add("Content-Type", batch.contentType);
  return outbound
      .fetch(request, {.timeout = collectorTimeout,
                       .maxBody = maxCollectorAnswer,
                       .maxRedirects = 0,
                       .stop = std::move(stop)})
      .status;
}

/// Numbers that are evenly spread over [0, 1).
std::function<double()> uniform() {
  return [engine = std::mt19937_64(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>()(engine);
  };
}

}  // namespace

auth::Keys keysOf(const Config& config) {
  std::vector<auth::AccessKey> keys;
  keys.reserve(config.accessKeys.size() + 1);
  for (const AccessKeyConfig& key : config.accessKeys) {
    keys.push_back({key.id, key.secret, key.accountId.empty() ? config.accountId : key.accountId});
  }
  if (acceptsDevelopmentKey(config)) {
    auth::AccessKey key = auth::developmentKey();
    key.accountId = config.accountId;
    keys.push_back(std::move(key));
  }
  if (keys.empty()) {
    throw ConfigError(
        "no access key: set accessKeys (the development key is accepted only while every listener "
        "is "
        "on loopback)");
  }
  return auth::Keys(keys);
}

House::House(const Config& config, const std::filesystem::path& data, int port,
             net::EventLoop& loop, sandbox::Factory& sandboxes, runtime::Environment platform)
    : loop_(loop),
      sandboxes_(sandboxes),
      packageGrace_(std::chrono::hours(config.packageGrace)),
      roleCredentialExpiry_(std::chrono::seconds(config.roleCredentialExpiry)),
      bytes_(byteLimits(config)),
      apiHosts_(apiHostsOf(config)),
      adminHosts_(hostNamesOf(config), HostRule::Addresses::all),
      vault_(Vault::ofFile(data / "host.key")),
      documents_(store::openSqlite((data / "store.sqlite").string(), loop, *vault_,
                                   static_cast<std::size_t>(config.documentCacheBytes))),
      packages_(data / "packages", loop, workers_, packageLimits(config)),
      outbound_({config.outboundAllowed}),
      buckets_(bucketsOf(config), data / "buckets", outbound_, clock_, loop, workers_),
      logs_(data / "logs", loop, workers_, clock_, logLimits(config)),
      audit_(data / "audit", loop, metrics_,
             {.maxBytes = static_cast<std::uint64_t>(config.maxAuditBytes)}),
      traces_(loop, workers_, clock_, metrics_,
              [this](const std::string& url, const observe::SpanBatch& batch) {
                return postSpans(outbound_, url, batch, workers_.stopping());
              }),
      catalogue_(std::move(platform)),
      warm_(loop, sandboxes, {.size = static_cast<std::size_t>(config.poolSize)},
            warmKinds(config, catalogue_), metrics_),
      fleet_(loop, warm_, logs_, metrics_, fleetConfig(config)),
      directory_(
          *documents_, packages_, catalogue_,
          {.attachments = attachmentsOf(config),
           .region = config.region,
           .resultLimit = static_cast<std::size_t>(config.maxEventBytes),
           .credentials =
               [this](const std::string& account, const std::string& role,
                      const std::string& session) { return credentialsOf(account, role, session); },
           .random = uniform(),
           .onGone = [this](const std::string& key) { fleet_.retire(key); }}),
      provisioning_(loop, clock_, *documents_, fleet_,
                    [this](std::string account, std::string service, std::string version,
                           std::string function) {
                      return directory_.resolve(std::move(account), std::move(service),
                                                std::move(version), std::move(function));
                    }),
      runner_(loop, directory_, fleet_, metrics_, traces_),
      selfCheck_(loop, *documents_, packages_, catalogue_, fleet_),
      keys_(keysOf(config)),
      temporary_(*vault_),
      identities_(*documents_, keys_, roles_),
      runtimes_(catalogue_, config.refuseUnavailableRuntimes
                                ? api::RuntimeSupport::Unavailable::refused
                                : api::RuntimeSupport::Unavailable::warned),
      authenticator_(keys_, roles_, temporary_),
      callAuthenticator_(keys_, roles_, temporary_, auth::Side::functions),
      pipeline_(partsOf(config, port, authenticator_), metrics_),
      callPipeline_(partsOf(config, port, callAuthenticator_), metrics_),
      oss_(ossPartsOf(config, authenticator_), metrics_),
      callOss_(ossPartsOf(config, callAuthenticator_), metrics_),
      admin_(metrics_, [this] { return readiness(); }) {
  metrics_.gauge("fc_build_info", "The version of this server.", {{"version", OPENFC_VERSION}},
                 [] { return 1.0; });
  metrics_.gauge("fc_bytes_in_flight", "Bytes of requests and answers in memory.", {},
                 [this] { return static_cast<double>(bytes_.used()); });
  metrics_.gauge("fc_bytes_in_flight_limit", "How many there may be.", {},
                 [this] { return static_cast<double>(bytes_.limits().total); });
  for (const bool account : {true, false}) {
    metrics_.gauge("fc_bytes_in_flight_refusals",
                   "Requests and answers since the start for which there was no room.",
                   {{"limit", account ? "account" : "server"}}, [this, account] {
                     const ByteBudget::Refusals refusals = bytes_.refusals();
                     return static_cast<double>(account ? refusals.ofAccounts : refusals.ofAll);
                   });
  }
  metrics_.gauge("fc_provisioned_target", "Provisioned instances that there should be.", {},
                 [this] { return static_cast<double>(provisioning_.total().target); });
  metrics_.gauge("fc_provisioned_current", "Provisioned instances that there are.", {},
                 [this] { return static_cast<double>(provisioning_.total().current); });
}

api::Parts House::partsOf(const Config& config, int port,
                          const auth::Authenticator& authenticator) {
  return {settingsOf(config, port, *vault_),
          *documents_,
          packages_,
          buckets_,
          runner_,
          logs_,
          authenticator,
          clock_,
          loop_,
          workers_,
          bytes_,
          &temporary_,
          &provisioning_,
          &audit_,
          &runtimes_};
}

oss::Parts House::ossPartsOf(const Config& config, const auth::Authenticator& authenticator) {
  return {.authenticator = authenticator,
          .buckets = buckets_,
          .clock = clock_,
          .loop = loop_,
          .workers = workers_,
          .bytes = bytes_,
          .region = config.region,
          .maxObject = static_cast<std::uint64_t>(config.maxObjectBytes),
          .maxCode = static_cast<std::uint64_t>(config.maxStoredCodeBytes),
          .audit = &audit_};
}

Task<http::Response> House::handleCall(http::Exchange& exchange) {
  if (oss::Front::takes(exchange.request())) return callOss_.handle(exchange);
  return callPipeline_.handle(exchange);
}

Task<http::Response> House::handleApi(http::Exchange& exchange) {
  if (apiHosts_) {
    if (auto reason = apiHosts_->refusal(exchange.request().headers))
      return forbidden(std::move(*reason));
  }
  if (oss::Front::takes(exchange.request())) return oss_.handle(exchange);
  return pipeline_.handle(exchange);
}

Task<http::Response> House::handleAdmin(http::Exchange& exchange) {
  if (auto reason = adminHosts_.refusal(exchange.request().headers))
    return forbidden(std::move(*reason));
  return admin_.handle(exchange);
}

Task<std::vector<std::string>> House::open() {
  co_await identities_.load();
  co_await selfCheck_.prepare();
  co_await warm_.fill();
  co_await provisioning_.open();
  scheduleCollection();
  spawn(readAhead(), "read services and functions ahead");
  co_return co_await readiness();
}

/// What is asked for most often.
Task<> House::readAhead() {
  for (const std::string_view prefix : {model::allServicesPrefix, model::allFunctionsPrefix}) {
    co_await documents_->readAhead(std::string(prefix));
  }
}

Task<std::vector<std::string>> House::readiness() {
  std::vector<std::string> reasons;
  if (draining_) reasons.emplace_back("the server is shutting down");
  if (!documents_->healthy()) reasons.emplace_back("the store cannot write");
  if (!sandboxes_.healthy()) reasons.emplace_back("the sandbox launcher has ended");
  if (reasons.empty()) {
    if (const auto problem = co_await selfCheck_.run()) reasons.push_back(*problem);
  }
  co_return reasons;
}

/// Made anew for each invocation: those of a long-lived instance never grow old.
runtime::Credentials House::credentialsOf(const std::string& accountId, const std::string& roleArn,
                                          const std::string& session) const {
  const std::string name(auth::roleOf(roleArn, accountId));
  const auth::Role* role = name.empty() ? nullptr : roles_.find(accountId, name);
  if (role == nullptr) throw auth::noSuchRole(roleArn);
  const auto made = temporary_.make(
      {.accountId = accountId, .role = name, .roleId = role->id, .session = session},
      clock_.now() + roleCredentialExpiry_);
  return {made.accessKeyId, made.accessKeySecret, made.securityToken};
}

void House::scheduleCollection() {
  loop_.after(collectionInterval, [this] {
    spawn(collect(), "collect unreferenced code packages");
    scheduleCollection();
  });
}

Task<> House::collect() {
  const std::size_t removed =
      co_await collectPackages(*documents_, packages_, {selfCheck_.package()}, packageGrace_);
  if (removed > 0) log::info("unreferenced code packages were removed", {{"count", removed}});
  const std::size_t uploads = co_await buckets_.collect(packageGrace_);
  if (uploads > 0) log::info("old uploads of code were removed", {{"count", uploads}});
}

Task<> House::stopInstances() { co_await fleet_.stopAll(hookFarewell); }

Task<> House::close() {
  fleet_.close();
  warm_.close();
  if (!co_await warm_.emptied(std::chrono::seconds(10))) {
    log::error("instances are left at the end", {{"consequence", "the launcher ends them"}});
  }
  co_await traces_.close(traceFarewell);
  co_await logs_.flush();
  workers_.stop();
}

House::~House() { workers_.stop(); }

}  // namespace openfc::server
