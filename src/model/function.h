#pragma once

#include "base/clock.h"
#include "model/document.h"
#include "model/layer.h"
#include "schema/shape.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::model {

struct AccelerationInfo {
  std::string status;  // "Preparing" or "Ready"
  bool operator==(const AccelerationInfo&) const = default;
};

struct CustomContainerConfig {
  std::string image;
  std::string command;  // text of a JSON array
  std::string args;     // text of a JSON array
  std::string accelerationType = "None";
  std::optional<AccelerationInfo>
      accelerationInfo;  // settled() gives it a value while acceleration is on
  std::string instanceId;
  bool operator==(const CustomContainerConfig&) const = default;
};

struct CustomRuntimeConfig {
  std::vector<std::string> command;
  std::vector<std::string> args;
  bool operator==(const CustomRuntimeConfig&) const = default;
};

struct DnsOption {
  std::string name;
  std::string value;
  bool operator==(const DnsOption&) const = default;
};

struct CustomDns {
  std::vector<std::string> nameServers;
  std::vector<std::string> searches;
  std::vector<DnsOption> dnsOptions;
  bool operator==(const CustomDns&) const = default;
};

struct CustomHealthCheckConfig {
  std::string httpGetUrl;
  int initialDelaySeconds = 0;
  int periodSeconds = 3;
  int timeoutSeconds = 1;
  int failureThreshold = 3;
  int successThreshold = 1;
  bool operator==(const CustomHealthCheckConfig&) const = default;
};

struct LifecycleHook {
  std::string handler;  // "" = no hook
  int timeout = 3;      // seconds
  bool operator==(const LifecycleHook&) const = default;
};

struct InstanceLifecycleConfig {
  LifecycleHook preFreeze;
  LifecycleHook preStop;
  bool operator==(const InstanceLifecycleConfig&) const = default;
};

/// What a client sets of a function, its code apart.
struct FunctionConfig {
  std::string description;
  std::string runtime;
  std::string handler;
  std::string initializer;  // "" = none
  int timeout = 60;         // seconds
  int initializationTimeout = 3;
  int memorySize = 128;  // MB
  std::map<std::string, std::string> environmentVariables;
  int instanceConcurrency = 1;
  std::optional<int> instanceSoftConcurrency;
  std::string instanceType = "e1";
  std::optional<int> caPort;  // never set: null on the wire, the process is started with 9000
  std::optional<CustomContainerConfig> customContainerConfig;
  std::optional<CustomRuntimeConfig> customRuntimeConfig;
  std::optional<CustomDns> customDns;
  std::optional<CustomHealthCheckConfig> customHealthCheckConfig;
  std::optional<InstanceLifecycleConfig> instanceLifecycleConfig;
  std::optional<std::vector<std::string>> layers;  // never set: null on the wire
  std::optional<int> gpuMemorySize;                // MB
  std::optional<double> cpu;                       // cores
  std::optional<int> diskSize;                     // MB of /tmp
  bool operator==(const FunctionConfig&) const = default;
};

/// A function's current state.
struct Function {
  std::string functionName;
  std::string functionId;
  FunctionConfig config;
  std::int64_t codeSize = 0;       // bytes of the ZIP
  std::string codeChecksum = "0";  // CRC-64 of the ZIP, unsigned decimal
  std::string packageDigest;       // package::Package::digest; "" = a container without package
  std::vector<AttachedLayer> attachedLayers;  // of config.layers, in their order
  std::int64_t generation = 1;                // grows with every update
  Time createdTime;
  Time lastModifiedTime;
  bool operator==(const Function&) const = default;
};

const schema::Shape& shapeOf(const AccelerationInfo*);
const schema::Shape& shapeOf(const CustomContainerConfig*);
const schema::Shape& shapeOf(const CustomRuntimeConfig*);
const schema::Shape& shapeOf(const DnsOption*);
const schema::Shape& shapeOf(const CustomDns*);
const schema::Shape& shapeOf(const CustomHealthCheckConfig*);
const schema::Shape& shapeOf(const LifecycleHook*);
const schema::Shape& shapeOf(const InstanceLifecycleConfig*);
const schema::Shape& shapeOf(const FunctionConfig*);
const schema::Shape& shapeOf(const Function*);

inline constexpr std::string_view containerRuntime = "custom-container";
inline constexpr int defaultCaPort = 9000;

/// Every runtime name that is accepted, whether this machine can run it or not.
std::span<const std::string_view> runtimeNames();
/// custom, custom.debian10, custom-container: an HTTP server of the user's own.
bool isCustomRuntime(std::string_view runtime);

/// The rules that concern several members of one configuration.
void check(const FunctionConfig& config, schema::Problems& problems);
/// Puts in what follows from other members.
FunctionConfig settled(FunctionConfig config);
/// The digests of all packages that the function's instances need.
std::vector<std::string> packagesOf(const Function& function);

}  // namespace openfc::model
