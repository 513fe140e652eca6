#include "model/function.h"

#include "model/function_rules.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::model {
namespace {

using schema::checkedBy;
using schema::field;
using schema::Field;
using schema::Shape;
using schema::Support;

constexpr std::string_view instanceTypes[] = {"e1", "c1", "g1", "fc.gpu.tesla.1",
                                              "fc.gpu.ampere.1"};

constexpr Field functionConfigRows[] = {
    field<&FunctionConfig::description>(
        "description", "Free text.",
        {.maxLength = 4096, .support = Support::recorded, .supportNote = "A text for people."}),
    field<&FunctionConfig::runtime>(
        "runtime", "What runs the code, e.g. python3, nodejs14, custom.",
        {.required = true,
         .check = checkedBy<&runtimeProblem>,
         .support = Support::emulated,
         .supportNote = "The machine's own interpreters run it; `openfc doctor` tells which."}),
    field<&FunctionConfig::handler>("handler", "Entry point, by language, e.g. index.handler.",
                                    {.required = true, .minLength = 1, .maxLength = 128}),
    field<&FunctionConfig::initializer>("initializer",
                                        "Entry point that runs once per instance; empty = none.",
                                        {.maxLength = 128}),
    field<&FunctionConfig::timeout>("timeout", "Seconds that one invocation may take.",
                                    {.min = 1, .max = 86400}),
    field<&FunctionConfig::initializationTimeout>(
        "initializationTimeout", "Seconds that the initializer may take.", {.min = 1, .max = 300}),
    field<&FunctionConfig::memorySize>("memorySize",
                                       "Memory limit in MB; the share of cpu follows it.",
                                       {.check = checkedBy<&memoryProblem>}),
    field<&FunctionConfig::environmentVariables>("environmentVariables",
                                                 "Environment of the runtime process.",
                                                 {.pattern = &printable,
                                                  .keyPattern = &variableName,
                                                  .label = "Environment variable value",
                                                  .keyLabel = "Environment variable name",
                                                  .check = checkedBy<&environmentProblem>,
                                                  .secret = true}),
    field<&FunctionConfig::instanceConcurrency>("instanceConcurrency",
                                                "Invocations that one instance serves at a time.",
                                                {.min = 1, .max = 100}),
    field<&FunctionConfig::instanceSoftConcurrency>(
        "instanceSoftConcurrency", "Invocations per instance from which on another one is started.",
        {.min = 1,
         .max = 100,
         .support = Support::recorded,
         .supportNote = "Another instance is started at instanceConcurrency."}),
    field<&FunctionConfig::instanceType>(
        "instanceType", "Kind of instance: e1 elastic, c1 performance, or with GPU.",
        {.oneOf = instanceTypes,
         .support = Support::recorded,
         .supportNote = "All instances run on the machine's own processors."}),
    field<&FunctionConfig::caPort>("caPort", "Port of a custom runtime's HTTP server; null = 9000.",
                                   {.min = 1, .max = 65535}),
    field<&FunctionConfig::customContainerConfig>("customContainerConfig",
                                                  "Image and command of a custom container."),
    field<&FunctionConfig::customRuntimeConfig>("customRuntimeConfig",
                                                "Start command of a custom runtime."),
    field<&FunctionConfig::customDns>("customDNS", "Name resolution inside of instances."),
    field<&FunctionConfig::customHealthCheckConfig>("customHealthCheckConfig",
                                                    "Health check of custom runtimes."),
    field<&FunctionConfig::instanceLifecycleConfig>("instanceLifecycleConfig",
                                                    "Hooks around freezing and stopping."),
    field<&FunctionConfig::layers>("layers",
                                   "ARNs of layer versions, merged at /opt; a lower index wins.",
                                   {.maxLength = 256, .maxItems = 5}),
    field<&FunctionConfig::gpuMemorySize>("gpuMemorySize", "GPU memory in MB, a multiple of 1024.",
                                          {.min = 1024,
                                           .max = 1048576,
                                           .multipleOf = 1024,
                                           .support = Support::recorded,
                                           .supportNote = "Instances have no GPU."}),
    field<&FunctionConfig::cpu>("cpu", "Processors, in steps of 0.05.",
                                {.min = 0.05,
                                 .max = 64,
                                 .multipleOf = 0.05,
                                 .support = Support::recorded,
                                 .supportNote = "The share of cpu follows memorySize."}),
    field<&FunctionConfig::diskSize>("diskSize", "Size of /tmp in MB: 512 or 10240.",
                                     {.check = checkedBy<&diskSizeProblem>}),
};

}  // namespace

const Shape& shapeOf(const LifecycleHook*) {
  using T = LifecycleHook;
  static constexpr Field fields[] = {
      field<&T::handler>("handler", "Function that is called; empty = no hook.",
                         {.maxLength = 128}),
      field<&T::timeout>("timeout", "Seconds it may take; the instance ends when it takes longer.",
                         {.min = 1, .max = 90}),
  };
  static constexpr Shape shape = schema::shape<T>("LifecycleHook", fields);
  return shape;
}

const Shape& shapeOf(const InstanceLifecycleConfig*) {
  using T = InstanceLifecycleConfig;
  static constexpr Field fields[] = {
      field<&T::preFreeze>("preFreeze", "Called before an instance is frozen."),
      field<&T::preStop>("preStop", "Called before an instance is stopped."),
  };
  static constexpr Shape shape = schema::shape<T>("InstanceLifecycleConfig", fields);
  return shape;
}

const Shape& shapeOf(const FunctionConfig*) {
  static constexpr Shape shape =
      schema::shape<FunctionConfig>("FunctionConfig", functionConfigRows);
  return shape;
}

const Shape& shapeOf(const Function*) {
  using T = Function;
  static constexpr Field fields[] = {
      field<&T::functionName>("functionName", "Name, unique in the service."),
      field<&T::functionId>("functionId", "Generated id, a UUID.", {.readOnly = true}),
      field<&T::config>("config", "What clients set.", {.inlined = true}),
      field<&T::codeSize>("codeSize", "Bytes of the code package.", {.readOnly = true}),
      field<&T::codeChecksum>("codeChecksum", "CRC-64 of the code package, unsigned decimal.",
                              {.readOnly = true}),
      field<&T::packageDigest>("packageDigest", "Digest of the code package.", {.stored = true}),
      field<&T::attachedLayers>("attachedLayers", "What its layers are.", {.stored = true}),
      field<&T::generation>("generation", "Grows with every update.", {.stored = true}),
      field<&T::createdTime>("createdTime", "When it was created.", {.readOnly = true}),
      field<&T::lastModifiedTime>("lastModifiedTime", "When it was last changed.",
                                  {.readOnly = true}),
  };
  static constexpr Shape shape = schema::shape<T>("Function", fields);
  return shape;
}

std::string runtimeProblem(const std::string& runtime) {
  if (std::ranges::find(runtimeNames(), runtime) != runtimeNames().end()) return "";
  std::string allowed;
  for (const std::string_view name : runtimeNames()) {
    allowed += allowed.empty() ? "" : " | ";
    allowed += name;
  }
  return fmt::format("Runtime is set to an invalid value (allowed: {}, actual: '{}')", allowed,
                     runtime.substr(0, 128));
}

void check(const FunctionConfig& config, schema::Problems& problems) {
  const int softConcurrency = config.instanceSoftConcurrency.value_or(1);
  if (softConcurrency > config.instanceConcurrency) {
    problems.add(
        fmt::format("instanceSoftConcurrency must be at most instanceConcurrency ({}, actual: {})",
                    config.instanceConcurrency, softConcurrency));
  }
  if (config.runtime == containerRuntime &&
      (!config.customContainerConfig || config.customContainerConfig->image.empty())) {
    problems.add("customContainerConfig.image is required for the runtime custom-container");
  }
}

FunctionConfig settled(FunctionConfig config) {
  if (!config.customContainerConfig) return config;
  CustomContainerConfig& container = *config.customContainerConfig;
  container.accelerationInfo.reset();
  if (container.accelerationType == "Default")
    container.accelerationInfo = AccelerationInfo{"Ready"};
  return config;
}

std::vector<std::string> packagesOf(const Function& function) {
  std::vector<std::string> out;
  if (!function.packageDigest.empty()) out.push_back(function.packageDigest);
  for (const AttachedLayer& layer : function.attachedLayers) out.push_back(layer.packageDigest);
  return out;
}

}  // namespace openfc::model
