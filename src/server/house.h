#pragma once

#include "api/identities.h"
#include "api/pipeline.h"
#include "api/runtime_support.h"
#include "base/vault.h"
#include "invoke/provisioning.h"
#include "invoke/runner.h"
#include "observe/audit.h"
#include "observe/segment_logs.h"
#include "observe/traces.h"
#include "oss/front.h"
#include "package/buckets.h"
#include "server/admin.h"
#include "server/config.h"
#include "server/host_rule.h"
#include "server/self_check.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace openfc::server {

/// Every part of the running server, made in order: the one place where the program can be seen
/// whole. Belongs to the loop's thread.
class House {
public:
  /// `port` is the API's, for URLs; `platform` is what every function has in its environment.
  /// Throws what stands in the way: StoreError, VaultError, ConfigError …
  House(const Config& config, const std::filesystem::path& data, int port, net::EventLoop& loop,
        sandbox::Factory& sandboxes, runtime::Environment platform = {});
  /// Waits for the jobs of its workers, which refer to its parts.
  ~House();

  /// Object storage and the API share an address; the signature tells which one is asked.
  Task<http::Response> handleApi(http::Exchange& exchange);
  /// The same for what comes from inside functions.
  Task<http::Response> handleCall(http::Exchange& exchange);
  Task<http::Response> handleAdmin(http::Exchange& exchange);

  /// Fills the pool and runs the self-test. Resumes with what is wrong; empty = ready.
  Task<std::vector<std::string>> open();
  /// From now on /readyz says that the server is going.
  void startDraining() { draining_ = true; }
  /// After the last request of a client: runs the hooks of all instances, which may still call.
  Task<> stopInstances();
  /// After that: ends what is left, writes out logs and ends the workers' jobs. Whoever still waits
  /// for one hears of it in the loop's next turns.
  Task<> close();

private:
  api::Parts partsOf(const Config& config, int port, const auth::Authenticator& authenticator);
  oss::Parts ossPartsOf(const Config& config, const auth::Authenticator& authenticator);
  Task<std::vector<std::string>> readiness();
  runtime::Credentials credentialsOf(const std::string& accountId, const std::string& roleArn,
                                     const std::string& session) const;
  Task<> readAhead();
  void scheduleCollection();
  Task<> collect();

  net::EventLoop& loop_;
  sandbox::Factory& sandboxes_;
  Duration packageGrace_;
  Duration roleCredentialExpiry_;
  bool draining_ = false;
  std::optional<HostRule> apiHosts_;  // nothing: the secrets of all keys are secret
  HostRule adminHosts_;

  SystemClock clock_;
  observe::Metrics metrics_;
  ByteBudget bytes_;  // of requests and answers on their way
  std::unique_ptr<Vault> vault_;
  Workers workers_;
  std::unique_ptr<store::Documents> documents_;
  package::Packages packages_;
  http::Outbound outbound_;
  package::Buckets buckets_;
  observe::SegmentLogs logs_;
  observe::Audit audit_;
  observe::Traces traces_;
  runtime::Catalogue catalogue_;
  scheduler::WarmPool warm_;
  scheduler::Fleet fleet_;
  invoke::Directory directory_;
  invoke::Provisioning provisioning_;
  invoke::Runner runner_;
  SelfCheck selfCheck_;
  auth::Keys keys_;
  auth::Roles roles_;
  auth::Temporary temporary_;
  api::Identities identities_;
  api::RuntimeSupport runtimes_;
  auth::Authenticator authenticator_;
  auth::Authenticator callAuthenticator_;
  api::Pipeline pipeline_;
  api::Pipeline callPipeline_;
  oss::Front oss_;
  oss::Front callOss_;
  Admin admin_;
};

/// The configured keys, and the development key when it is allowed. Throws ConfigError when that
/// leaves none, or when only the development key is there and a listener is not on loopback.
auth::Keys keysOf(const Config& config);

}  // namespace openfc::server
