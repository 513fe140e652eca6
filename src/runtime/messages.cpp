#include "runtime/messages.h"

#include "base/log.h"

#include <fmt/core.h>

#include <charconv>

namespace openfc::runtime {
namespace {

void open(std::string& out, std::string_view name) {
  if (!out.ends_with('{')) out += ',';
  log::appendJson(out, name);
  out += ':';
}

void add(std::string& out, std::string_view name, std::string_view value) {
  open(out, name);
  log::appendJson(out, value);
}

void add(std::string& out, std::string_view name, std::int64_t value) {
  open(out, name);
  out += std::to_string(value);
}

void add(std::string& out, std::string_view name,
         const std::map<std::string, std::string>& values) {
  open(out, name);
  out += '{';
  for (const auto& [key, value] : values) add(out, key, value);
  out += '}';
}

}  // namespace

std::string configureMessage(const Configuration& configuration, std::size_t resultLimit) {
  std::string out = "{";
  add(out, "instanceId", configuration.instanceId);
  add(out, "accountId", configuration.accountId);
  add(out, "region", configuration.region);
  add(out, "serviceName", configuration.serviceName);
  add(out, "functionName", configuration.functionName);
  add(out, "qualifier", configuration.qualifier);
  add(out, "versionId", configuration.versionId);
  add(out, "handler", configuration.handler);
  add(out, "initializer", configuration.initializer);
  add(out, "preFreeze", configuration.preFreeze.handler);
  add(out, "preStop", configuration.preStop.handler);
  add(out, "logProject", configuration.logProject);
  add(out, "logStore", configuration.logStore);
  add(out, "jaegerEndpoint", configuration.jaegerEndpoint);
  add(out, "runtime", configuration.runtime);
  add(out, "memorySize", configuration.memorySize);
  add(out, "timeout", configuration.timeout.count());
  add(out, "initializationTimeout", configuration.initializationTimeout.count());
  add(out, "instanceConcurrency", configuration.instanceConcurrency);
  add(out, "resultLimit", static_cast<std::int64_t>(resultLimit));
  add(out, "codePath", configuration.codePath);
  add(out, "layersPath", configuration.layersPath);
  add(out, "compiledPath", configuration.compiledPath);
  add(out, "environment", environmentOf(configuration));
  out += '}';
  return out;
}

void appendCall(std::string& out, const Call& call) {
  out += '{';
  add(out, "requestId", call.requestId);
  add(out, "qualifier", call.qualifier);
  add(out, "retryCount", call.retryCount);
  if (!call.credentials.accessKeyId.empty()) {
    add(out, "accessKeyId", call.credentials.accessKeyId);
    add(out, "accessKeySecret", call.credentials.accessKeySecret);
    add(out, "securityToken", call.credentials.securityToken);
  }
  if (!call.spanContext.empty()) add(out, "spanContext", call.spanContext);
  if (!call.baggage.empty()) add(out, "baggage", call.baggage);
  out += '}';
}

}  // namespace openfc::runtime
