#pragma once

#include "invoke/attachments.h"
#include "model/alias.h"
#include "model/function.h"
#include "model/service.h"
#include "package/packages.h"
#include "runtime/catalogue.h"
#include "scheduler/function_spec.h"
#include "store/documents.h"

#include <functional>
#include <list>
#include <string>
#include <unordered_map>

namespace openfc::invoke {

/// A function and its service as they stand in one version.
struct VersionedFunction {
  std::string accountId;
  std::string versionId = "LATEST";
  model::Service service;
  model::Function function;
  std::uint64_t revision = 0;  // the later of both documents
};

/// What an invocation needs of one function. Pure but for the catalogue's look at the machine.
/// Throws Error{invalidArgument} when this machine cannot run the runtime, or has not what the
/// service mounts or reaches.
scheduler::SpecPtr specOf(const VersionedFunction& state, const std::string& region,
                          const runtime::Catalogue& catalogue, const Attachments& attachments,
                          std::size_t resultLimit = runtime::usualResultLimit);

/// The part of a spec that one runtime's functions share: what the warm pool holds. An instance
/// that sends a result of more than `resultLimit` bytes is ended.
scheduler::Launch launchOf(const runtime::Configuration& configuration,
                           const runtime::Catalogue& catalogue,
                           std::size_t resultLimit = runtime::usualResultLimit);

/// What a Directory asks of its surroundings.
struct DirectoryOptions {
  Attachments attachments;
  std::string region;
  std::size_t resultLimit = runtime::usualResultLimit;
  /// Makes temporary credentials of a role for a session ("service/function"). Throws
  /// Error{accessDenied} when the account has no such role. Null: functions get none.
  std::function<runtime::Credentials(const std::string& accountId, const std::string& roleArn,
                                     const std::string& session)>
      credentials;
  std::function<double()> random;  // evenly spread over [0, 1): chooses an alias's version
  /// Called with the key of a spec whose function was deleted, or the version that held it.
  std::function<void(const std::string&)> onGone;
};

/// Finds the spec of a function by name. Keeps what it found until the store says that it changed,
/// so that a warm invocation reads nothing. Belongs to the loop.
class Directory {
public:
  Directory(store::Documents& documents, package::Packages& packages,
            const runtime::Catalogue& catalogue, DirectoryOptions options);

  /// An alias chooses one of its versions for each call. Throws Error: serviceNotFound,
  /// functionNotFound, versionNotFound, aliasNotFound, invalidArgument.
  Task<scheduler::SpecPtr> resolve(std::string accountId, std::string serviceName,
                                   std::string qualifier, std::string functionName);
  std::size_t cached() const { return entries_.size(); }

private:
  struct Entry {
    std::string name;  // the key of the spec
    scheduler::SpecPtr spec;
  };
  /// Which function of which version is meant.
  struct Name {
    std::string accountId;
    std::string serviceName;
    std::string versionId;
    std::string functionName;
  };

  /// LATEST, or a version that may be there.
  Task<std::string> versionOf(std::string accountId, std::string serviceName,
                              std::string qualifier);
  Task<model::AliasConfig> aliasOf(std::string accountId, std::string serviceName,
                                   std::string name);
  Task<scheduler::SpecPtr> load(Name name);
  Task<VersionedFunction> readCurrent(Name name);
  Task<VersionedFunction> readPublished(Name name);
  Task<> requireService(std::string accountId, std::string serviceName);
  void keep(std::string name, scheduler::SpecPtr spec);
  void forget(const std::string& name);
  void functionChanged(const store::Change& change);
  void publishedChanged(const store::Change& change);
  void serviceChanged(const store::Change& change);

  store::Documents& documents_;
  package::Packages& packages_;
  const runtime::Catalogue& catalogue_;
  DirectoryOptions options_;
  std::list<Entry> entries_;  // the most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;
  std::unordered_map<std::string, model::AliasConfig> aliases_;  // account/service/alias
  std::uint64_t changes_ = 0;
};

}  // namespace openfc::invoke
