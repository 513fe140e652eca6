#include "model/service.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace openfc::model {
namespace {

using schema::field;
using schema::Field;
using schema::Shape;
using schema::Support;

constexpr std::string_view logBeginRules[] = {"None", "DefaultRegex", ""};
constexpr std::string_view tracingTypes[] = {"Jaeger"};

constexpr std::string_view noLogService =
    "Functions see it in their context; the server keeps the logs itself (`openfc logs`).";
constexpr std::string_view vpcNote =
    "Ids of `vswitches` in the configuration open networks; without any there, only recorded.";
constexpr std::string_view noSecurityGroups = "There are no security groups and no roles for VPCs.";
constexpr std::string_view nasNote =
    "Addresses of `nas` in the configuration are directories of the machine; without any there, "
    "only recorded.";
constexpr std::string_view noTls = "The directories are of this machine: nothing to encrypt.";
constexpr std::string_view noMounts = "No bucket is mounted into instances.";
constexpr std::string_view tracingNote =
    "Jaeger collectors, and those of OTLP at a path /v1/traces; addresses that are not public need "
    "`outboundAllowed`.";

bool isWebAddress(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!url.starts_with(scheme)) continue;
    const std::string_view rest = url.substr(scheme.size());
    return !rest.empty() && rest.find_first_of("/?#") != 0 &&
           std::ranges::all_of(rest, [](char c) { return c > ' ' && c < '\x7f'; });
  }
  return false;
}

void checkTracing(const TracingConfig& tracing, schema::Problems& problems) {
  const std::string endpoint = endpointOf(tracing);
  if (endpoint.empty()) {
    if (tracing.type) {
      problems.add("tracingConfig.params.endpoint is required for tracingConfig.type Jaeger.");
    }
  } else if (!isWebAddress(endpoint)) {
    problems.add(fmt::format(
        "tracingConfig.params.endpoint must be a URL of http or https (actual: '{}')", endpoint));
  }
}

bool isDelivered(const LogConfig& log) { return !log.project.empty() && !log.logstore.empty(); }

}  // namespace

const Shape& shapeOf(const LogConfig*) {
  using T = LogConfig;
  static constexpr Field fields[] = {
      field<&T::project>(
          "project", "Log project.",
          {.maxLength = 256, .support = Support::emulated, .supportNote = noLogService}),
      field<&T::logstore>(
          "logstore", "Log store in the project.",
          {.maxLength = 256, .support = Support::emulated, .supportNote = noLogService}),
      field<&T::enableRequestMetrics>(
          "enableRequestMetrics", "Whether time and memory of each request are recorded.",
          {.support = Support::recorded,
           .supportNote = "The server's own metrics always hold them."}),
      field<&T::enableInstanceMetrics>(
          "enableInstanceMetrics", "Whether cpu, memory and network of instances are recorded.",
          {.support = Support::recorded,
           .supportNote = "The server's own metrics always hold them."}),
      field<&T::logBeginRule>(
          "logBeginRule",
          "How lines are grouped into blocks: None, or DefaultRegex (a date begins a block).",
          {.omitNull = true,
           .oneOf = logBeginRules,
           .support = Support::recorded,
           .supportNote = "Each line stays a record of its own."}),
  };
  static constexpr Shape shape = schema::shape<T>("LogConfig", fields);
  return shape;
}

const Shape& shapeOf(const VpcConfig*) {
  using T = VpcConfig;
  static constexpr Field fields[] = {
      field<&T::vpcId>("vpcId", "Id of the VPC that functions may reach.",
                       {.maxLength = 256, .support = Support::emulated, .supportNote = vpcNote}),
      field<&T::vSwitchIds>("vSwitchIds", "Ids of vSwitches in the VPC.",
                            {.maxLength = 256,
                             .maxItems = 100,
                             .support = Support::emulated,
                             .supportNote = vpcNote}),
      field<&T::securityGroupId>(
          "securityGroupId", "Id of the security group.",
          {.maxLength = 256, .support = Support::recorded, .supportNote = noSecurityGroups}),
      field<&T::role>(
          "role", "ARN of the role that attaches instances to the VPC.",
          {.maxLength = 256, .support = Support::recorded, .supportNote = noSecurityGroups}),
  };
  static constexpr Shape shape = schema::shape<T>("VPCConfig", fields);
  return shape;
}

const Shape& shapeOf(const NasMountPoint*) {
  using T = NasMountPoint;
  static constexpr Field fields[] = {
      field<&T::serverAddr>("serverAddr", "NAS address with path, e.g. host:/path.",
                            {.required = true,
                             .maxLength = 1024,
                             .support = Support::emulated,
                             .supportNote = nasNote}),
      field<&T::mountDir>("mountDir", "Directory of the function where it appears.",
                          {.required = true,
                           .maxLength = 1024,
                           .support = Support::emulated,
                           .supportNote = nasNote}),
      field<&T::enableTls>("enableTLS", "Whether the mount is encrypted.",
                           {.omitNull = true, .support = Support::recorded, .supportNote = noTls}),
  };
  static constexpr Shape shape = schema::shape<T>("NASMountPoint", fields);
  return shape;
}

const Shape& shapeOf(const NasConfig*) {
  using T = NasConfig;
  static constexpr Field fields[] = {
      field<&T::userId>(
          "userId", "POSIX user of the mounts; -1 = none in particular.",
          {.min = -1, .max = 65534, .support = Support::emulated, .supportNote = nasNote}),
      field<&T::groupId>(
          "groupId", "POSIX group of the mounts; -1 = none in particular.",
          {.min = -1, .max = 65534, .support = Support::emulated, .supportNote = nasNote}),
      field<&T::mountPoints>("mountPoints", "NAS file systems, at most five.",
                             {.maxItems = 5, .support = Support::emulated, .supportNote = nasNote}),
  };
  static constexpr Shape shape = schema::shape<T>("NASConfig", fields);
  return shape;
}

const Shape& shapeOf(const OssMountPoint*) {
  using T = OssMountPoint;
  static constexpr Field fields[] = {
      field<&T::bucketName>("bucketName", "Bucket to mount.",
                            {.required = true,
                             .maxLength = 256,
                             .support = Support::recorded,
                             .supportNote = noMounts}),
      field<&T::mountDir>("mountDir", "Directory of the function where it appears.",
                          {.required = true,
                           .maxLength = 1024,
                           .support = Support::recorded,
                           .supportNote = noMounts}),
      field<&T::bucketPath>(
          "bucketPath", "Path in the bucket.",
          {.maxLength = 1024, .support = Support::recorded, .supportNote = noMounts}),
      field<&T::endpoint>(
          "endpoint", "Endpoint of the bucket.",
          {.maxLength = 1024, .support = Support::recorded, .supportNote = noMounts}),
      field<&T::readOnly>("readOnly", "Whether the mount is read-only.",
                          {.support = Support::recorded, .supportNote = noMounts}),
  };
  static constexpr Shape shape = schema::shape<T>("OSSMountPoint", fields);
  return shape;
}

const Shape& shapeOf(const OssMountConfig*) {
  using T = OssMountConfig;
  static constexpr Field fields[] = {
      field<&T::mountPoints>(
          "mountPoints", "Buckets to mount, at most five.",
          {.maxItems = 5, .support = Support::recorded, .supportNote = noMounts}),
  };
  static constexpr Shape shape = schema::shape<T>("OSSMountConfig", fields);
  return shape;
}

const Shape& shapeOf(const TracingConfig*) {
  using T = TracingConfig;
  static constexpr Field fields[] = {
      field<&T::type>("type", "Tracing system: Jaeger.", {.oneOf = tracingTypes}),
      field<&T::params>("params", "Its parameters, for Jaeger {\"endpoint\": URL}.",
                        {.maxLength = 2048, .maxItems = 20, .supportNote = tracingNote}),
  };
  static constexpr Shape shape = schema::shape<T>("TracingConfig", fields);
  return shape;
}

const Shape& shapeOf(const ServiceConfig*) {
  using T = ServiceConfig;
  static constexpr Field fields[] = {
      field<&T::description>(
          "description", "Free text.",
          {.maxLength = 4096, .support = Support::recorded, .supportNote = "A text for people."}),
      field<&T::role>("role", "ARN of the role whose temporary credentials functions get.",
                      {.maxLength = 256}),
      field<&T::internetAccess>("internetAccess",
                                "Whether functions reach networks outside of their instance."),
      field<&T::logConfig>("logConfig", "Where function logs are written."),
      field<&T::vpcConfig>("vpcConfig", "VPC that functions may reach."),
      field<&T::nasConfig>("nasConfig", "NAS file systems to mount."),
      field<&T::ossMountConfig>("ossMountConfig", "Buckets to mount."),
      field<&T::tracingConfig>("tracingConfig", "Tracing of invocations."),
  };
  static constexpr Shape shape = schema::shape<T>("ServiceConfig", fields);
  return shape;
}

const Shape& shapeOf(const Service*) {
  using T = Service;
  static constexpr Field fields[] = {
      field<&T::serviceName>("serviceName", "Name, unique in the account."),
      field<&T::serviceId>("serviceId", "Generated id, a UUID.", {.readOnly = true}),
      field<&T::config>("config", "What clients set.", {.inlined = true}),
      field<&T::createdTime>("createdTime", "When it was created.", {.readOnly = true}),
      field<&T::lastModifiedTime>("lastModifiedTime", "When it was last changed.",
                                  {.readOnly = true}),
  };
  static constexpr Shape shape = schema::shape<T>("Service", fields);
  return shape;
}

std::string endpointOf(const TracingConfig& tracing) {
  if (!tracing.params) return {};
  const auto found = tracing.params->find("endpoint");
  return found == tracing.params->end() ? std::string() : found->second;
}

void check(const ServiceConfig& config, schema::Problems& problems) {
  checkTracing(config.tracingConfig, problems);
  if (config.logConfig.enableRequestMetrics == true && !isDelivered(config.logConfig)) {
    problems.add("Both project and logstore are required for enabling request metrics.");
  }
}

ServiceConfig settled(ServiceConfig config) {
  LogConfig& log = config.logConfig;
  const bool delivered = isDelivered(log);
  log.enableRequestMetrics = delivered && log.enableRequestMetrics.value_or(true);
  log.enableInstanceMetrics = delivered && log.enableInstanceMetrics.value_or(false);
  if (log.logBeginRule == "") log.logBeginRule = "None";
  return config;
}

}  // namespace openfc::model
