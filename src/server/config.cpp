#include "server/config.h"

#include "base/encoding.h"
#include "base/nearest.h"
#include "package/buckets.h"
#include "schema/read.h"
#include "server/cloud_names.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace openfc::server {
namespace {

constexpr std::array<std::string_view, 2> sandboxKinds = {"isolated", "plain"};
constexpr std::array<std::string_view, 4> logLevels = {"debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 3> logFormats = {"auto", "json", "text"};
constexpr std::array<std::string_view, 2> bucketStyles = {"path", "virtual"};

/// "adminListen" with `between` before each capital: "admin-listen".
std::string spelled(std::string_view name, char between, bool upper) {
  std::string out;
  for (char c : name) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) out += between;
    out += static_cast<char>(upper ? std::toupper(static_cast<unsigned char>(c))
                                   : std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

void set(Config& config, const schema::Field& field, const std::string& value,
         const std::string& source) {
  schema::Problems problems;
  schema::readText(field, &config, value, problems);
  if (!problems.empty()) throw ConfigError(source + ": " + problems.text());
}

std::string contentOf(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw ConfigError(file + ": cannot be read");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

const schema::Field* fieldOfFlag(std::string_view flag) {
  for (const schema::Field& field : schema::shapeFor<Config>().fields) {
    if (flagOf(field) == flag) return &field;
  }
  return nullptr;
}

/// One flag of the command line with its value, whether written `--a b` or `--a=b`.
struct Flag {
  std::string name;
  std::string value;
  std::size_t arguments = 1;  // how many it takes up
};

std::vector<std::string> knownFlags() {
  std::vector<std::string> flags = {"--config", "--check-config", "--help"};
  for (const schema::Field& field : schema::shapeFor<Config>().fields)
    flags.push_back(flagOf(field));
  return flags;
}

/// Its value may be the next argument; one that is true or false needs none.
Flag flagAt(const std::vector<std::string>& arguments, std::size_t place) {
  const std::string& argument = arguments[place];
  const auto equals = argument.find('=');
  const std::string name = argument.substr(0, equals);
  const schema::Field* field = fieldOfFlag(name);
  if (name != "--config" && field == nullptr) {
    const std::string meant = didYouMean(name, knownFlags());
    throw ConfigError(fmt::format("unknown flag '{}'{} (see openfc serve --help)", name, meant));
  }
  if (equals != std::string::npos) return {name, argument.substr(equals + 1)};
  const std::string next = place + 1 < arguments.size() ? arguments[place + 1] : "";
  const bool isSwitch = field != nullptr && field->type->kind == schema::Kind::boolean;
  if (isSwitch && next != "true" && next != "false") return {name, "true"};
  if (place + 1 == arguments.size()) throw ConfigError(fmt::format("flag {} needs a value", name));
  return {name, next, 2};
}

std::vector<Flag> flagsOf(const std::vector<std::string>& arguments, CommandLine& line) {
  std::vector<Flag> flags;
  for (std::size_t i = 0; i < arguments.size();) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      line.help = true;
      ++i;
    } else if (argument == "--check-config") {
      line.checkOnly = true;
      ++i;
    } else {
      flags.push_back(flagAt(arguments, i));
      i += flags.back().arguments;
    }
  }
  return flags;
}

/// Variables that are not the server's although their names say openfc.
constexpr std::array<std::string_view, 3> othersVariables = {"OPENFC_CONFIG", "OPENFC_ENDPOINT",
                                                             "OPENFC_DEFENCES_OFF"};

void refuseUnknown(const Environment& environment) {
  std::vector<std::string> known(othersVariables.begin(), othersVariables.end());
  for (const schema::Field& field : schema::shapeFor<Config>().fields)
    known.push_back(variableOf(field));
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("OPENFC_") || std::ranges::find(known, name) != known.end()) continue;
    throw ConfigError(
        fmt::format("unknown environment variable {}{}", name, didYouMean(name, known)));
  }
}

std::string defaultData(const Environment& environment) {
  if (::geteuid() == 0) return "/var/lib/openfc";
  const auto home = environment.find("HOME");
  return home != environment.end() ? home->second + "/.openfc" : "openfc-data";
}

/// Whoever reads a path later does so from another directory.
void makePathsAbsolute(Config& config) {
  const auto makeAbsolute = [](std::string& path) {
    if (!path.empty()) path = std::filesystem::absolute(path).lexically_normal().string();
  };
  for (std::string* path : {&config.data, &config.tlsCertificate, &config.tlsPrivateKey})
    makeAbsolute(*path);
  for (BucketConfig& bucket : config.buckets) makeAbsolute(bucket.directory);
}

void checkNames(const Config& config) {
  if (config.cloudNames && !isPartOfNames(config.region)) {
    throw ConfigError(fmt::format(
        "region '{}' cannot be a part of names (at most 40 letters, digits, '-' and '_'): choose "
        "another, or set cloudNames: false",
        config.region));
  }
  for (const std::string& name : config.hostNames) {
    if (name.empty() || name.find_first_of("/*@[] ") != std::string::npos ||
        std::ranges::count(name, ':') == 1) {
      throw ConfigError(fmt::format(
          "hostNames: '{}' must be a name or an address, without scheme, port and '*'", name));
    }
  }
}

void checkTogether(const Config& config) {
  if (!config.tlsListen.empty() &&
      (config.tlsCertificate.empty() || config.tlsPrivateKey.empty())) {
    throw ConfigError("tlsListen needs tlsCertificate and tlsPrivateKey");
  }
  checkNames(config);
  for (const NasConfig& nas : config.nas) {
    if (!nas.directory.starts_with('/'))
      throw ConfigError(fmt::format("nas '{}' needs a directory's whole path", nas.serverAddr));
  }
  for (const VSwitchConfig& vswitch : config.vswitches) {
    if (vswitch.cidrs.empty() && vswitch.interface.empty())
      throw ConfigError(fmt::format("vSwitch '{}' needs cidrs or an interface", vswitch.id));
  }
  for (const BucketConfig& bucket : config.buckets) {
    if (bucket.directory.empty() == bucket.endpoint.empty()) {
      throw ConfigError(
          fmt::format("bucket '{}' needs either a directory or an endpoint", bucket.name));
    }
    if (bucket.name.starts_with(package::Buckets::temporaryPrefix)) {
      throw ConfigError(
          fmt::format("bucket '{}': names that begin with '{}' are of temporary buckets",
                      bucket.name, package::Buckets::temporaryPrefix));
    }
  }
}

}  // namespace

const schema::Shape& shapeOf(const AccessKeyConfig*) {
  using K = AccessKeyConfig;
  static constexpr schema::Field fields[] = {
      schema::field<&K::id>("id", "AccessKey ID.", {.required = true, .minLength = 1}),
      schema::field<&K::secret>("secret", "AccessKey secret.",
                                {.required = true, .minLength = 1, .secret = true}),
      schema::field<&K::accountId>("accountId", "Account of the key; empty = accountId."),
  };
  static constexpr schema::Shape shape = schema::shape<K>("AccessKey", fields);
  return shape;
}

const schema::Shape& shapeOf(const BucketConfig*) {
  using B = BucketConfig;
  static constexpr schema::Field fields[] = {
      schema::field<&B::name>("name", "Bucket name as in code.ossBucketName.",
                              {.required = true, .minLength = 1}),
      schema::field<&B::directory>("directory", "Directory that holds the bucket's objects."),
      schema::field<&B::endpoint>("endpoint", "URL of an S3-compatible endpoint instead."),
      schema::field<&B::region>("region", "Region for the endpoint's signature."),
      schema::field<&B::style>("style", "Where the endpoint wants the bucket's name.",
                               {.oneOf = bucketStyles}),
      schema::field<&B::accessKeyId>("accessKeyId", "Key for the endpoint."),
      schema::field<&B::accessKeySecret>("accessKeySecret", "Its secret.", {.secret = true}),
      schema::field<&B::accounts>("accounts", "Accounts that may use it; none = accountId."),
      schema::field<&B::readOnly>("readOnly", "Refuse to write to it and to delete from it."),
  };
  static constexpr schema::Shape shape = schema::shape<B>("Bucket", fields);
  return shape;
}

const schema::Shape& shapeOf(const NasConfig*) {
  using N = NasConfig;
  static constexpr schema::Field fields[] = {
      schema::field<&N::serverAddr>(
          "serverAddr", "Address that nasConfig names, or the beginning of it: host:/path.",
          {.required = true, .minLength = 1}),
      schema::field<&N::directory>("directory", "Directory of this machine that it stands for.",
                                   {.required = true, .minLength = 1}),
      schema::field<&N::accounts>("accounts", "Accounts that may mount it; none = accountId."),
      schema::field<&N::userId>("userId",
                                "Whom functions are there, whatever nasConfig.userId says.",
                                {.min = -1, .max = 65'534}),
      schema::field<&N::groupId>("groupId", "Their group there, whatever nasConfig.groupId says.",
                                 {.min = -1, .max = 65'534}),
  };
  static constexpr schema::Shape shape = schema::shape<N>("Nas", fields);
  return shape;
}

const schema::Shape& shapeOf(const VSwitchConfig*) {
  using V = VSwitchConfig;
  static constexpr schema::Field fields[] = {
      schema::field<&V::id>("id", "Id as in vpcConfig.vSwitchIds.",
                            {.required = true, .minLength = 1}),
      schema::field<&V::vpcId>("vpcId", "VPC that it belongs to; empty = any."),
      schema::field<&V::cidrs>("cidrs", "Networks that functions reach through it."),
      schema::field<&V::interface>(
          "interface", "Bridge or other link of this machine: all behind it can be reached."),
      schema::field<&V::accounts>("accounts", "Accounts that may use it; none = accountId."),
  };
  static constexpr schema::Shape shape = schema::shape<V>("VSwitch", fields);
  return shape;
}

namespace {

using C = Config;
using schema::field;
constexpr schema::Field configFields[] = {
    field<&C::listen>("listen", "Address of the API."),
    field<&C::tlsListen>("tlsListen", "Address of the API over TLS; empty = none."),
    field<&C::tlsCertificate>("tlsCertificate",
                              "PEM file of the certificate chain; SIGHUP has it read again."),
    field<&C::tlsPrivateKey>(
        "tlsPrivateKey",
        "PEM file of its private key; for SIGHUP the server's user must be able to read it."),
    field<&C::adminListen>("adminListen",
                           "Address of /healthz, /readyz and /metrics; empty = none."),
    field<&C::publicUrl>("publicUrl",
                         "Base of download URLs; empty = the Host header of the request."),
    field<&C::hostNames>("hostNames",
                         "Names, each with those below it, by which clients call this machine: "
                         "while the development key is accepted, and always on adminListen, "
                         "requests that give other names in Host or Origin are refused."),
    field<&C::data>("data", "Data directory."),
    field<&C::user>("user",
                    "User (name or number) that the server runs as when started by root; "
                    "when there is no such user a numeric one is used."),
    field<&C::accountId>("accountId", "Account of keys that name none.", {.minLength = 1}),
    field<&C::region>("region", "Region of this installation.", {.minLength = 1}),
    field<&C::developmentKey>("developmentKey",
                              "Accept the fixed development key; only while every listener is on "
                              "loopback."),
    field<&C::accessKeys>("accessKeys", "Access keys.", {.secret = true}),
    field<&C::buckets>("buckets", "Where the objects of OSS buckets are."),
    field<&C::nas>("nas", "Directories that nasConfig may mount; without any, it is recorded only.",
                   {.maxItems = 65535}),
    field<&C::allowNestedDirectories>(
        "allowNestedDirectories",
        "Allow directories of nas and buckets, and data, that lie in each other: whoever may write "
        "in the outer one then decides what the inner one is."),
    field<&C::vswitches>("vswitches",
                         "Networks that vpcConfig may open; without any, it is recorded only.",
                         {.maxItems = 31}),
    field<&C::availabilityZones>("availabilityZones",
                                 "What GetAccountSettings tells; none = the region with -a."),
    field<&C::reservedCapacities>("reservedCapacities", "What ListReservedCapacities tells."),
    field<&C::instancesAsArray>("instancesAsArray",
                                "ListInstances answers a bare array instead of an object."),
    field<&C::outboundAllowed>("outboundAllowed",
                               "Private addresses that the server itself may connect to "
                               "(host:port, address or CIDR)."),
    field<&C::sandbox>("sandbox",
                       "isolated, or plain: bare processes without any isolation, for "
                       "development without root.",
                       {.oneOf = sandboxKinds}),
    field<&C::sandboxRange>("sandboxRange", "Addresses for functions with internetAccess."),
    field<&C::sandboxAllowed>("sandboxAllowed",
                              "Private addresses that functions may reach (CIDR[:port])."),
    field<&C::cloudNames>("cloudNames",
                          "Inside functions the cloud's names of this region's functions and "
                          "buckets, and host.openfc.internal, lead to this server."),
    field<&C::copyProcesses>("copyProcesses",
                             "Python's pre-warmed processes are copies of a prepared one: less "
                             "memory and a quicker start, but a memory layout that some share "
                             "(docs/security.md)."),
    field<&C::allowWithoutLimits>("allowWithoutLimits",
                                  "Start also where control groups cannot limit the memory, "
                                  "processes and processor time of functions."),
    field<&C::memory>("memory", "MB for instances; 0 = 80 % of the machine.", {.min = 0}),
    field<&C::accountMemory>("accountMemory",
                             "MB for the instances of one account; 0 = no limit of its own.",
                             {.min = 0}),
    field<&C::accountShare>("accountShare",
                            "Percent of memory that accounts leave each other, in equal shares, "
                            "where there are several (docs/limits.md).",
                            {.min = 0, .max = 100}),
    field<&C::maxConcurrency>("maxConcurrency",
                              "Invocations of one account at a time; more get 429.",
                              {.min = 1, .max = 100'000}),
    field<&C::admissionWait>("admissionWait", "Seconds to wait for memory before 503.",
                             {.min = 0, .max = 600}),
    field<&C::freezeAfter>("freezeAfter", "Idle milliseconds until an instance is frozen.",
                           {.min = 0, .max = 3'600'000}),
    field<&C::reclaimAfter>("reclaimAfter", "Idle seconds until an instance is ended.",
                            {.min = 1, .max = 86'400}),
    field<&C::poolSize>("poolSize", "Pre-warmed instances per runtime.", {.min = 0, .max = 100}),
    field<&C::poolRuntimes>("poolRuntimes", "Runtimes that are pre-warmed from the start."),
    field<&C::maxEventBytes>("maxEventBytes", "Largest event and result of an invocation.",
                             {.min = 1024, .max = 1 << 30}),
    field<&C::maxBytesInFlight>("maxBytesInFlight",
                                "Bytes of requests and answers in memory on their way; 0 = a "
                                "quarter of memory, at least 256 MB.",
                                {.min = 0, .max = 1LL << 40}),
    field<&C::maxAccountBytesInFlight>("maxAccountBytesInFlight",
                                       "The same of one account; 0 = three quarters of it.",
                                       {.min = 0, .max = 1LL << 40}),
    field<&C::maxHeadBytesInFlight>("maxHeadBytesInFlight",
                                    "Bytes of unusually large heads of requests in memory.",
                                    {.min = 0, .max = 1LL << 40}),
    field<&C::maxLogBytes>("maxLogBytes",
                           "What is kept of one function's log; the oldest goes first.",
                           {.min = 2 << 20, .max = std::int64_t{1} << 40}),
    field<&C::maxCodeBytes>("maxCodeBytes", "Largest code package sent inline.",
                            {.min = 1024, .max = 1 << 30}),
    field<&C::maxStoredCodeBytes>("maxStoredCodeBytes", "Largest code package from a bucket.",
                                  {.min = 1024, .max = 1 << 30}),
    field<&C::maxFunctionsPerService>("maxFunctionsPerService", "Functions in one service.",
                                      {.min = 1, .max = 1'000'000}),
    field<&C::maxTriggersPerFunction>("maxTriggersPerFunction", "Triggers of one function.",
                                      {.min = 1, .max = 10'000}),
    field<&C::deleteWith204>("deleteWith204",
                             "Answer DeleteService, DeleteFunction and DeleteTrigger with 204 "
                             "instead of the documented 200."),
    field<&C::refuseUnavailableRuntimes>(
        "refuseUnavailableRuntimes",
        "Refuse to make functions of runtimes that cannot run on this machine, instead of only "
        "warning of it."),
    field<&C::drain>("drain", "Seconds that requests under way get at SIGTERM.",
                     {.min = 0, .max = 86'400}),
    field<&C::packageGrace>("packageGrace", "Hours until unreferenced code is removed.",
                            {.min = 0, .max = 8760}),
    field<&C::downloadExpiry>("downloadExpiry", "Seconds that a code download URL works.",
                              {.min = 1, .max = 86'400}),
    field<&C::maxObjectBytes>("maxObjectBytes", "Largest object that is put into a bucket.",
                              {.min = 1024, .max = 1LL << 40}),
    field<&C::bucketTokenExpiry>("bucketTokenExpiry",
                                 "Seconds that the credentials for an upload of code work.",
                                 {.min = 1, .max = 86'400}),
    field<&C::roleCredentialExpiry>(
        "roleCredentialExpiry",
        "Seconds that the credentials work that an invocation gets of its service's role.",
        {.min = 1, .max = 129'600}),
    field<&C::documentCacheBytes>(
        "documentCacheBytes",
        "Memory for documents that were read or written lately (functions, services, ...); 0 = "
        "each is read from the database.",
        {.min = 0, .max = 1LL << 40}),
    field<&C::maxAuditBytes>("maxAuditBytes",
                             "Bytes of the audit log that are kept; the oldest file goes first.",
                             {.min = 32 << 20, .max = 1LL << 50}),
    field<&C::logLevel>("logLevel", "Lowest level that is logged.", {.oneOf = logLevels}),
    field<&C::logFormat>("logFormat",
                         "Form of the server's log; auto = text on a terminal, else json.",
                         {.oneOf = logFormats}),
};

}  // namespace

const schema::Shape& shapeOf(const Config*) {
  static constexpr schema::Shape shape = schema::shape<Config>("Config", configFields);
  return shape;
}

std::string flagOf(const schema::Field& field) { return "--" + spelled(field.name, '-', false); }

std::string variableOf(const schema::Field& field) {
  return "OPENFC_" + spelled(field.name, '_', true);
}

CommandLine readCommandLine(const std::vector<std::string>& arguments,
                            const Environment& environment) {
  CommandLine line;
  const auto flags = flagsOf(arguments, line);
  if (line.help) return line;
  refuseUnknown(environment);
  const auto named = environment.find("OPENFC_CONFIG");
  std::string file = named == environment.end() ? "" : named->second;
  for (const Flag& flag : flags) {
    if (flag.name == "--config") file = flag.value;
  }
  const std::string usual(defaultFile);
  if (file.empty() && ::access(usual.c_str(), R_OK) == 0) file = usual;
  if (!file.empty()) readYaml(line.config, contentOf(file), file);
  for (const schema::Field& field : schema::shapeFor<Config>().fields) {
    const auto variable = environment.find(variableOf(field));
    if (variable != environment.end()) set(line.config, field, variable->second, variable->first);
  }
  for (const Flag& flag : flags) {
    if (flag.name != "--config") set(line.config, *fieldOfFlag(flag.name), flag.value, flag.name);
  }
  if (line.config.data.empty()) line.config.data = defaultData(environment);
  makePathsAbsolute(line.config);
  checkTogether(line.config);
  return line;
}

std::uint64_t memoryForInstances(const Config& config) {
  if (config.memory > 0) return static_cast<std::uint64_t>(config.memory) << 20;
  const auto pages = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES));
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 10 * 8;
}

std::vector<std::string> accountsOf(const Config& config, std::vector<std::string> named) {
  if (named.empty()) named = {config.accountId};
  return named;
}

bool isLoopback(std::string_view address) {
  const std::string_view host = address.substr(0, address.rfind(':'));
  return host == "localhost" || host == "[::1]" || host == "::1" || host.starts_with("127.");
}

bool acceptsDevelopmentKey(const Config& config) {
  return config.developmentKey && isLoopback(config.listen) &&
         (config.tlsListen.empty() || isLoopback(config.tlsListen)) &&
         (config.adminListen.empty() || isLoopback(config.adminListen));
}

}  // namespace openfc::server
