#pragma once

#include "auth/authenticator.h"
#include "auth/temporary.h"
#include "base/byte_budget.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/workers.h"
#include "http/server.h"
#include "invoke/attachments.h"
#include "invoke/instances.h"
#include "invoke/invoker.h"
#include "model/reserved_capacity.h"
#include "observe/audit.h"
#include "observe/function_logs.h"
#include "package/buckets.h"
#include "package/packages.h"
#include "store/documents.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::api {

/// What an operator may set of the API.
struct Settings {
  std::string region = "cn-hangzhou";
  std::size_t maxEvent = 32u << 20;        // bytes of a synchronous invocation's event
  std::size_t maxInlineCode = 100u << 20;  // bytes of a ZIP in a request
  std::size_t maxStoredCode = 500u << 20;  // bytes of a ZIP in a bucket
  std::size_t maxFunctionsPerService = 50;
  std::vector<std::string> availabilityZones = {"cn-hangzhou-a"};
  std::vector<model::ReservedCapacity> reservedCapacities;  // ascending by instanceId
  bool instancesAsArray = false;            // ListInstances answers the documented bare array
  std::size_t maxConcurrency = 1000;        // invocations of an account at a time
  std::size_t maxTriggersPerFunction = 10;  // runtime-contract 5.1
  std::size_t maxVersionsPerLayer = 100;    // runtime-contract 2.3, as is the next
  std::uint64_t maxLayersSize = std::uint64_t{2}
                                << 30;  // bytes of a function's layers' ZIPs together
  bool deleteWith204 = false;           // deletions answer 204 instead of the documented 200
  std::string publicUrl;                // of download URLs; "" = as the request's Host has it
  int port =
      0;  // of the API, for a Host header without one (the Node SDK sends none); 0 = leave it
  Duration downloadExpiry = std::chrono::minutes(10);
  std::string downloadKey;  // signs download URLs; random bytes that survive a restart
  Duration bucketTokenExpiry = std::chrono::hours(1);
  invoke::Attachments attachments;  // what services may mount and reach
};

class RuntimeSupport;

/// What the operations work with. All of it outlives every request; belongs to the loop.
struct Parts {
  Settings settings;
  store::Documents& documents;
  package::Packages& packages;
  package::Buckets& buckets;
  invoke::Invoker& invoker;
  observe::FunctionLogs& logs;
  const auth::Authenticator& authenticator;
  const Clock& clock;
  Loop& loop;
  Workers& workers;
  ByteBudget& bytes;                             // of requests and answers on their way
  const auth::Temporary* temporary = nullptr;    // makes what AssumeRole answers
  const invoke::Instances* instances = nullptr;  // null: nothing is known of them
  observe::Audit* audit = nullptr;               // null: no audit log (tests)
  RuntimeSupport* runtimes = nullptr;            // null: every runtime runs (tests)
};

struct Operation;

/// The decoded parts of a path by the names of its template; "qualifier" too when serviceName had
/// one.
using PathParameters = std::map<std::string, std::string, std::less<>>;

/// A document that an operation wrote, for the audit log.
struct Written {
  std::string key;
  store::Revision before = 0;  // 0 = it was not there, or nothing was said of it
  store::Revision after = 0;   // 0 = it is gone
};

/// One request on its way through the pipeline.
struct Call {
  std::string requestId;
  http::Exchange& exchange;
  const Operation* operation = nullptr;
  PathParameters path;
  std::optional<auth::Caller> caller;  // nothing before authentication and for open operations
  std::string accountId;               // whose resources the request is about
  std::optional<std::string> body;     // when it was read before the operation began
  std::optional<std::string> code;     // code.zipFile, decoded, when it was long
  std::shared_ptr<ByteBudget::Share> bytes;  // that body and code are counted in
  std::vector<std::string> resources;  // spellings of the ARN that it is about; none = not known
  std::string errorCode;               // of the answer; "" = none
  std::vector<Written> written;        // by the last commit
  bool audited = false;                // its line is in the audit log already
};

/// What a handler gets, by value: references to what outlives it.
struct Context {
  const Parts& parts;
  Call& call;

  const std::string& account() const { return call.accountId; }
  const http::Request& request() const { return call.exchange.request(); }
  const Settings& settings() const { return parts.settings; }
  Time now() const { return parts.clock.now(); }
};

}  // namespace openfc::api
