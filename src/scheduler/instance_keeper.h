#pragma once

#include "base/clock.h"
#include "scheduler/function_spec.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace openfc::scheduler {

/// How many instances of a function version are to be kept ready for one qualifier.
struct Provision {
  SpecPtr spec;
  std::string alias;  // "" = the version itself, or LATEST
  std::size_t instances = 0;
  bool awake = false;  // not frozen between invocations
};

/// What has become of a Provision.
struct Provisioned {
  std::size_t current = 0;  // instances that live, those too that only finish what they run
  std::size_t kept = 0;     // those that go on
  std::string error;        // why there are fewer than wanted; "" = nothing
  /// Since the server began: time of invocations in these instances, and time for which they had
  /// room for one.
  Duration used{};
  Duration had{};
};

/// What somebody runs in an instance beside its function.
struct VisitCommand {
  std::vector<std::string> words;  // the program, looked for in PATH unless it has a slash
  bool terminal = false;
};

/// That program while it runs; its instance is not frozen meanwhile. Destroying it kills the
/// program.
class Visit {
public:
  virtual ~Visit() = default;
  virtual sandbox::Visitor& visitor() = 0;
};

/// Keeps instances ready and says which there are. Belongs to the loop.
class InstanceKeeper {
public:
  virtual ~InstanceKeeper() = default;

  /// From now on so many instances are kept ready, as far as memory admits them: dead ones are
  /// replaced, those of an earlier revision too; surplus ones are killed when their last invocation
  /// has ended.
  virtual void provision(Provision provision) = 0;
  virtual Provisioned provisioned(const std::string& key, const std::string& alias) const = 0;
  /// How many instances may be started on demand for one function under one qualifier, named
  /// "account/service/qualifier/function"; nothing = no limit. Idle ones beyond it are killed.
  virtual void limitOnDemand(const std::string& name, std::optional<std::size_t> most) = 0;

  struct Listed {
    std::string instanceId;
    std::string versionId;
  };
  /// The instances that serve a function version, or with an alias those that serve it for that.
  virtual std::vector<Listed> instances(const std::string& key, const std::string& alias) const = 0;
  /// Runs a program in one of them. Null: there is no such instance. Throws
  /// Error{resourceThrottled} when there is no memory to wake it, Error{resourceExhausted} when it
  /// has too many visitors, or as sandbox::Sandbox::visit() does.
  virtual Task<std::unique_ptr<Visit>> visit(std::string key, std::string alias,
                                             std::string instanceId, VisitCommand command) = 0;
};

}  // namespace openfc::scheduler
