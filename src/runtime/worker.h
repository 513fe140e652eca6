#pragma once

#include "base/byte_budget.h"
#include "base/error.h"
#include "base/task.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace openfc::runtime {

/// A function of the user's that is called around an instance's freezing or end (runtime-contract
/// 1.10).
struct LifecycleHook {
  std::string handler;  // "" = none
  std::chrono::seconds timeout{3};
};

inline constexpr std::size_t usualResultLimit = std::size_t{32} * 1024 * 1024;

/// What a runtime process must know once, before it loads user code.
struct Configuration {
  std::string instanceId;
  std::string accountId;
  std::string region;
  std::string serviceName;
  std::string functionName;
  std::string qualifier = "LATEST";
  std::string versionId = "LATEST";
  std::string handler;
  std::string initializer;  // "" = none
  LifecycleHook preFreeze;
  LifecycleHook preStop;
  std::string logProject;
  std::string logStore;
  std::string jaegerEndpoint;
  std::string runtime;
  int memorySize = 128;  // MB
  std::chrono::seconds timeout{60};
  std::chrono::seconds initializationTimeout{3};
  int instanceConcurrency = 1;
  int caPort = 9000;
  std::vector<std::string> layers;  // how many there are tells whether /opt is to be searched
  std::map<std::string, std::string> environment;  // the user's variables
  std::map<std::string, std::string> platform;     // this server's own, which the user's win over
  std::vector<std::string>
      startCommand;  // custom: customRuntimeConfig's command and args; empty = bootstrap
  // Where the process sees its package, its layers and its scratch directory; these differ only
  // where there are no mounts.
  std::string codePath = "/code";
  std::string layersPath = "/opt";
  std::string temporaryPath = "/tmp";
  std::string compiledPath = "/var/fc/compiled";  // code/ and opt/: their Python's byte code
};

struct Credentials {
  std::string accessKeyId;
  std::string accessKeySecret;
  std::string securityToken;
};

/// One invocation as the runtime process sees it.
struct Call {
  std::string requestId;
  std::string event;
  Credentials credentials;
  int retryCount = 0;
  std::string qualifier = "LATEST";
  std::string spanContext;                     // x-fc-tracing-opentracing-span-context
  std::map<std::string, std::string> baggage;  // …-baggage-<key>
  /// What the event is counted in until the process has it, and the answer from then on; null =
  /// nothing is counted.
  std::shared_ptr<ByteBudget::Share> bytes;
};

struct Success {
  std::string body;
};

/// The function failed (runtime-contract 1.11).
struct Failure {
  bool handled = false;  // HandledInvocationError (Node's callback(err)), else Unhandled…
  std::string body;      // the error JSON, or what a custom runtime's server wrote
  std::string contentType = "application/json";
  std::optional<Error> refused;  // the server had no room for the answer; there is no body then
};

/// The process ended or broke the protocol before it answered.
struct Gone {
  std::string reason;  // for the server's log, not for the client
};

using Reply = std::variant<Success, Failure, Gone>;

enum class Hook { preFreeze, preStop };

/// The conversation with one instance's runtime process. Belongs to the loop. After Gone nothing
/// more can be asked. Time-outs are the caller's: it kills the sandbox, and what was pending ends
/// with Gone. A task of this class is awaited to its end.
class Worker {
public:
  virtual ~Worker() = default;
  /// Resumes when the process has warmed itself up and waits for its configuration; Gone when it
  /// never will. Optional, and to be awaited once: load() may be called before.
  virtual Task<Reply> warmed() { co_return Success{}; }
  /// Brings the process to the point where it has loaded the user's code (custom: its port
  /// accepts). Success has an empty body. Failure: the code could not be loaded (bad handler,
  /// syntax error …).
  virtual Task<Reply> load(Configuration configuration) = 0;
  /// Whether load() keeps to a limit of its own and tells in its Failure when that is over.
  virtual bool limitsLoad() const { return false; }
  virtual Task<Reply> initialize(Call call) = 0;
  virtual Task<Reply> invoke(Call call) = 0;
  /// Calls a hook that the configuration has; nothing else may be under way.
  virtual Task<Reply> run(Hook hook, Call call) = 0;
  /// Whether a next call may be asked. False after an answer that said the process would end: its
  /// instance must not be lent again.
  virtual bool alive() const { return true; }
  /// The instance's process group has ended, with the wait status of its init.
  virtual void ended(int /*waitStatus*/) {}
  /// The instance is about to be frozen.
  virtual void rest() {}
};

}  // namespace openfc::runtime
