#pragma once

#include "invoke/attachments.h"
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

/// What an invocation needs of one function, from the stored service and function. Pure but for the
/// catalogue's look at the machine. Throws Error{invalidArgument} when this machine cannot run the
/// runtime, or has not what the service mounts or reaches.
scheduler::SpecPtr specOf(const std::string& accountId, const std::string& region,
                          const model::Service& service, const model::Function& function,
                          std::uint64_t revision, const runtime::Catalogue& catalogue,
                          const Attachments& attachments);

/// The part of a spec that one runtime's functions share: what the warm pool holds.
scheduler::Launch launchOf(const runtime::Configuration& configuration,
                           const runtime::Catalogue& catalogue);

/// Finds the spec of a function by name. Keeps what it found until the store says that it changed,
/// so that a warm invocation reads nothing. Belongs to the loop.
class Directory {
public:
  /// `onGone` is called with the spec's key when a function was deleted.
  Directory(store::Documents& documents, package::Packages& packages,
            const runtime::Catalogue& catalogue, Attachments attachments, std::string region,
            std::function<void(const std::string&)> onGone);

  /// Throws Error: serviceNotFound, functionNotFound, versionNotFound, aliasNotFound,
  /// invalidArgument.
  Task<scheduler::SpecPtr> resolve(std::string accountId, std::string serviceName,
                                   std::string qualifier, std::string functionName);
  std::size_t cached() const { return entries_.size(); }

private:
  struct Entry {
    std::string name;  // account/service/function
    scheduler::SpecPtr spec;
  };

  Task<scheduler::SpecPtr> load(std::string accountId, std::string serviceName,
                                std::string functionName);
  void keep(std::string name, scheduler::SpecPtr spec);
  void functionChanged(const store::Change& change);
  void serviceChanged(const store::Change& change);

  store::Documents& documents_;
  package::Packages& packages_;
  const runtime::Catalogue& catalogue_;
  Attachments attachments_;
  std::string region_;
  std::function<void(const std::string&)> onGone_;
  std::list<Entry> entries_;  // the most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;
  std::uint64_t changes_ = 0;
};

}  // namespace openfc::invoke
