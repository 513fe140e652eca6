#pragma once

#include "net/event_loop.h"
#include "runtime/worker.h"
#include "sandbox/sandbox.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace openfc::scheduler {

/// How a runtime's process comes to life inside a sandbox.
struct Launch {
  /// Guests with the same key are interchangeable until they are adopted.
  std::string poolKey = "bare";
  /// Whether the process starts before the sandbox is adopted (a managed runtime with its default
  /// environment), or after it, with all that only process start can set.
  bool beforeAdoption = false;
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value"
  std::string cwd = "/";
  /// Takes the control socket; the worker must not outlive the sandbox.
  using RecentOutput = std::function<std::string()>;  // what the process printed lately
  std::function<std::unique_ptr<runtime::Worker>(net::EventLoop&, sandbox::Sandbox&, RecentOutput)>
      makeWorker;
};

/// One version of one function, with all that an instance of it needs. Immutable, shared by its
/// instances and the invocations under way.
struct FunctionSpec {
  std::string key;  // "account/service/version/function": instances are never shared between keys
  std::uint64_t revision = 0;  // a higher one replaces the instances of a lower
  runtime::Configuration configuration;
  Launch launch;
  sandbox::Shape shape;
  sandbox::Adoption adoption;
  std::uint64_t codeChecksum = 0;
  /// Fresh temporary credentials of the service's role; null: it has none. Throws
  /// Error{accessDenied} when there is no such role.
  std::function<runtime::Credentials()> credentials;
};

/// The same for a process that nobody called: empty when there is no such role.
runtime::Credentials credentialsOrNone(const FunctionSpec& spec);

using SpecPtr = std::shared_ptr<const FunctionSpec>;

}  // namespace openfc::scheduler
