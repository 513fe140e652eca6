#pragma once

#include "package/packages.h"
#include "runtime/catalogue.h"
#include "scheduler/fleet.h"
#include "store/documents.h"

#include <optional>
#include <string>

namespace openfc::server {

/// Runs the echo once: what is wrong with it, "" = nothing. Takes no longer than `limit`.
Task<std::string> runEcho(net::EventLoop& loop, scheduler::Fleet& fleet, scheduler::SpecPtr spec,
                          Duration limit);

/// Proves that the server can do its work: a write to the store, and a real function run in a real
/// sandbox. Belongs to the loop. A result is good for a few seconds, so that /readyz may be asked
/// often.
class SelfCheck {
public:
  SelfCheck(net::EventLoop& loop, store::Documents& documents, package::Packages& packages,
            const runtime::Catalogue& catalogue, scheduler::Fleet& fleet);

  /// Stores the test function's code. Once, before run().
  Task<> prepare();
  /// Nothing = all is well, else what is not.
  Task<std::optional<std::string>> run();
  /// Digest of the test function's package: in use, not to be collected.
  const std::string& package() const { return digest_; }

private:
  Task<std::string> runStore();

  net::EventLoop& loop_;
  store::Documents& documents_;
  package::Packages& packages_;
  const runtime::Catalogue& catalogue_;
  scheduler::Fleet& fleet_;
  std::string digest_;
  scheduler::SpecPtr spec_;
  SteadyTime checked_{};
  std::optional<std::string> result_ = "the self-test has not run";
};

}  // namespace openfc::server
