#pragma once

#include "auth/keys.h"
#include "model/reserved_capacity.h"
#include "schema/shape.h"

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace openfc::server {

struct AccessKeyConfig {
  std::string id;
  std::string secret;
  std::string accountId;  // "" = the server's account
};

struct BucketConfig {
  std::string name;
  std::string directory;  // either a directory …
  std::string endpoint;   // … or an S3-compatible endpoint
  std::string region = "us-east-1";
  std::string style = "path";  // or virtual
  std::string accessKeyId;
  std::string accessKeySecret;
  std::vector<std::string> accounts;  // who may use it; none = the server's account
  bool readOnly = false;
};

struct NasConfig {
  std::string serverAddr;
  std::string directory;
  std::vector<std::string> accounts;  // who may mount it; none = the server's account
  std::optional<int> userId;          // whom functions are there; none = nasConfig says it
  std::optional<int> groupId;
};

struct VSwitchConfig {
  std::string id;
  std::string vpcId;  // "" = of any VPC
  std::vector<std::string> cidrs;
  std::string interface;              // a bridge or another link of this machine; "" = none
  std::vector<std::string> accounts;  // who may use it; none = the server's account
};

/// Everything that an operator sets. One table in config.cpp gives the keys of the file, the
/// environment variables (OPENFC_ADMIN_LISTEN) and the flags (--admin-listen), and their
/// documentation.
struct Config {
  std::string listen = "127.0.0.1:8016";
  std::string tlsListen;
  std::string tlsCertificate;
  std::string tlsPrivateKey;
  std::string adminListen = "127.0.0.1:8017";
  std::string publicUrl;
  std::vector<std::string> hostNames;
  std::string data;
  std::string user = "openfc";
  std::string accountId{auth::developmentAccount};
  std::string region = "cn-hangzhou";
  bool developmentKey = true;
  std::vector<AccessKeyConfig> accessKeys;
  std::vector<BucketConfig> buckets;
  std::vector<NasConfig> nas;
  bool allowNestedDirectories = false;
  std::vector<VSwitchConfig> vswitches;
  std::vector<std::string> availabilityZones;
  std::vector<model::ReservedCapacity> reservedCapacities;
  bool instancesAsArray = false;
  std::vector<std::string> outboundAllowed;
  std::string sandbox = "isolated";
  std::string sandboxRange = "198.18.0.0/16";
  std::vector<std::string> sandboxAllowed;
  bool cloudNames = true;
  bool copyProcesses = true;
  bool allowWithoutLimits = false;
  std::int64_t memory = 0;         // MB
  std::int64_t accountMemory = 0;  // MB
  int accountShare = 50;           // percent
  int maxConcurrency = 1000;
  int admissionWait = 5;   // seconds
  int freezeAfter = 100;   // milliseconds
  int reclaimAfter = 600;  // seconds
  int poolSize = 4;
  std::vector<std::string> poolRuntimes = {"python3", "nodejs14", "custom"};
  std::int64_t maxEventBytes = 32 << 20;
  std::int64_t maxBytesInFlight = 0;
  std::int64_t maxAccountBytesInFlight = 0;
  std::int64_t maxHeadBytesInFlight = 32 << 20;
  std::int64_t maxLogBytes = 8 << 20;
  std::int64_t documentCacheBytes = 128 << 20;
  std::int64_t maxCodeBytes = 100 << 20;
  std::int64_t maxStoredCodeBytes = 500 << 20;
  int maxFunctionsPerService = 50;
  int maxTriggersPerFunction = 10;
  bool deleteWith204 = false;
  bool refuseUnavailableRuntimes = false;
  int drain = 30;            // seconds
  int packageGrace = 24;     // hours
  int downloadExpiry = 600;  // seconds
  std::int64_t maxObjectBytes = 5LL << 30;
  int bucketTokenExpiry = 3600;          // seconds
  int roleCredentialExpiry = 36 * 3600;  // seconds
  std::int64_t maxAuditBytes = 1LL << 30;
  std::string logLevel = "info";
  std::string logFormat = "auto";
};

const schema::Shape& shapeOf(const AccessKeyConfig*);
const schema::Shape& shapeOf(const BucketConfig*);
const schema::Shape& shapeOf(const NasConfig*);
const schema::Shape& shapeOf(const VSwitchConfig*);
const schema::Shape& shapeOf(const Config*);

/// What stands in the way of starting with a configuration: what and where, for the operator.
class ConfigError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

struct CommandLine {
  Config config;
  bool checkOnly = false;  // --check-config
  bool help = false;
};

/// The variables of a process by their names.
using Environment = std::map<std::string, std::string>;

/// Where the configuration is when nothing else is said.
inline constexpr std::string_view defaultFile = "/etc/openfc/config.yaml";

/// File (--config FILE, OPENFC_CONFIG, or `defaultFile` when it exists) < environment < flags.
/// Throws ConfigError; an unknown key is told with its line, an unknown variable that begins with
/// OPENFC_ with its name. Paths come out absolute.
CommandLine readCommandLine(const std::vector<std::string>& arguments,
                            const Environment& environment);
/// The YAML (or JSON) text of a file over `config`. `name` stands in messages.
void readYaml(Config& config, const std::string& text, const std::string& name);
/// All flags with their documentation, what they may be and their defaults.
std::string usage();

/// "--admin-listen" and "OPENFC_ADMIN_LISTEN" of the row adminListen.
std::string flagOf(const schema::Field& field);
std::string variableOf(const schema::Field& field);

/// Bytes: what `memory` says, or what it stands for when it is 0.
std::uint64_t memoryForInstances(const Config& config);

/// Who may use a row of the configuration that names these accounts: without any, the server's own.
std::vector<std::string> accountsOf(const Config& config, std::vector<std::string> named);

/// "127.0.0.1:80", "[::1]:80", "localhost:80".
bool isLoopback(std::string_view address);
/// Whether the published development key opens anything.
bool acceptsDevelopmentKey(const Config& config);

}  // namespace openfc::server
