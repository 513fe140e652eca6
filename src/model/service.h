#pragma once

#include "base/clock.h"
#include "model/document.h"
#include "schema/shape.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace openfc::model {

struct LogConfig {
  std::string project;
  std::string logstore;
  std::optional<bool> enableRequestMetrics;   // settled() gives it a value
  std::optional<bool> enableInstanceMetrics;  // the same
  std::optional<std::string> logBeginRule;    // never set: absent on the wire
  bool operator==(const LogConfig&) const = default;
};

struct VpcConfig {
  std::string vpcId;
  std::vector<std::string> vSwitchIds;
  std::string securityGroupId;
  std::string role;
  bool operator==(const VpcConfig&) const = default;
};

struct NasMountPoint {
  std::string serverAddr;
  std::string mountDir;
  std::optional<bool> enableTls;
  bool operator==(const NasMountPoint&) const = default;
};

struct NasConfig {
  int userId = -1;  // -1 = no particular user
  int groupId = -1;
  std::vector<NasMountPoint> mountPoints;
  bool operator==(const NasConfig&) const = default;
};

struct OssMountPoint {
  std::string bucketName;
  std::string mountDir;
  std::string bucketPath;
  std::string endpoint;
  bool readOnly = false;
  bool operator==(const OssMountPoint&) const = default;
};

struct OssMountConfig {
  std::vector<OssMountPoint> mountPoints;
  bool operator==(const OssMountConfig&) const = default;
};

struct TracingConfig {
  std::optional<std::string> type;
  std::optional<std::map<std::string, std::string>> params;
  bool operator==(const TracingConfig&) const = default;
};

/// What a client sets of a service.
struct ServiceConfig {
  std::string description;
  std::string role;
  bool internetAccess = true;
  LogConfig logConfig;
  VpcConfig vpcConfig;
  NasConfig nasConfig;
  OssMountConfig ossMountConfig;
  TracingConfig tracingConfig;
  bool operator==(const ServiceConfig&) const = default;
};

/// A service's current state.
struct Service {
  std::string serviceName;
  std::string serviceId;
  ServiceConfig config;
  Time createdTime;
  Time lastModifiedTime;
  bool operator==(const Service&) const = default;
};

const schema::Shape& shapeOf(const LogConfig*);
const schema::Shape& shapeOf(const VpcConfig*);
const schema::Shape& shapeOf(const NasMountPoint*);
const schema::Shape& shapeOf(const NasConfig*);
const schema::Shape& shapeOf(const OssMountPoint*);
const schema::Shape& shapeOf(const OssMountConfig*);
const schema::Shape& shapeOf(const TracingConfig*);
const schema::Shape& shapeOf(const ServiceConfig*);
const schema::Shape& shapeOf(const Service*);

/// Where spans go; "" = nowhere: the service is not traced.
std::string endpointOf(const TracingConfig& tracing);

/// The rules that concern several members of one configuration.
void check(const ServiceConfig& config, schema::Problems& problems);
/// Puts in the defaults that depend on other members: request metrics are on once a project and a
/// logstore are set unless they were switched off; without these both kinds of metrics are off.
ServiceConfig settled(ServiceConfig config);

}  // namespace openfc::model
