#include "server/serve.h"

#include "api/response.h"
#include "base/authority.h"
#include "base/call_filter.h"
#include "base/check.h"
#include "base/encoding.h"
#include "base/log.h"
#include "http/server.h"
#include "runtime/catalogue.h"
#include "sandbox/launcher_client.h"
#include "sandbox/plain/factory.h"
#include "sandbox/trust.h"
#include "server/cloud_names.h"
#include "server/config.h"
#include "server/config_check.h"
#include "server/house.h"
#include "server/named_directories.h"
#include "server/notify.h"
#include "server/privileges.h"
#include "store/data_directory.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string_view>

namespace openfc::server {
namespace {

namespace fs = std::filesystem;

/// <prefix>/lib/openfc beside <prefix>/bin/openfc: the launcher, the init and the runtimes.
fs::path libraryDirectory() {
  return fs::read_symlink("/proc/self/exe").parent_path().parent_path() / "lib" / "openfc";
}

void setUpLog(const Config& config) {
  constexpr std::array<std::pair<std::string_view, log::Level>, 4> levels = {
      {{"debug", log::Level::debug},
       {"info", log::Level::info},
       {"warn", log::Level::warn},
       {"error", log::Level::error}}};
  log::Level level = log::Level::info;
  for (const auto& [name, value] : levels) {
    if (config.logLevel == name) level = value;
  }
  const bool text =
      config.logFormat == "auto" ? ::isatty(STDERR_FILENO) == 1 : config.logFormat == "text";
  log::setUp(level, text ? log::Format::text : log::Format::json);
}

/// What makes sandboxes, and by what their functions reach this server.
struct Sandboxes {
  std::unique_ptr<sandbox::Factory> factory;
  std::vector<Fd> door;           // listening sockets, HTTP and TLS; none = they do not reach it
  ServerIdentity identity;        // of the second
  runtime::Environment platform;  // so that programs trust it
};

/// Programs that bring authorities of their own learn of the server's by a variable.
runtime::Environment trustingEnvironment() {
  runtime::Environment environment{{"NODE_EXTRA_CA_CERTS", sandbox::authorityFile}};
  if (fs::exists(sandbox::authoritiesFile)) {
    environment["SSL_CERT_FILE"] = sandbox::authoritiesFile;
    environment["REQUESTS_CA_BUNDLE"] = sandbox::authoritiesFile;
  }
  return environment;
}

std::vector<std::string> networkFlagsOf(const Config& config) {
  std::vector<std::string> flags = {"--network-range", config.sandboxRange};
  for (const std::string& exception : config.sandboxAllowed)
    flags.insert(flags.end(), {"--network-allow", exception});
  for (const VSwitchConfig& vswitch : config.vswitches) {
    std::string reach = fmt::format("{}", fmt::join(vswitch.cidrs, ","));
    if (!vswitch.interface.empty()) reach += (reach.empty() ? "@" : ",@") + vswitch.interface;
    flags.insert(flags.end(), {"--network-private", reach});
  }
  return flags;
}

/// As root: becomes the owner of the data directory that the server's user needs, with the launcher
/// started before.
Sandboxes startLauncher(const Config& config, const fs::path& data, net::EventLoop& loop) {
  if (::geteuid() != 0) {
    throw ConfigError(
        "sandboxes need root: start openfc as root (the server itself then drops to its own user), "
        "or use --sandbox plain, which isolates nothing");
  }
  const fs::path library = libraryDirectory();
  Sandboxes sandboxes;
  sandbox::launcher::StartOptions options;
  options.program = library / "openfc-sandbox";
  options.init = library / "openfc-init";
  options.packages = data / "packages" / "unpacked";
  options.runtimes = library / "runtimes";
  options.memory = memoryForInstances(config);
  options.withoutLimits = config.allowWithoutLimits;
  options.scope = toHex(sha256(fs::canonical(data).string())).substr(0, 12);
  options.networkFlags = networkFlagsOf(config);
  if (config.cloudNames) {
    const std::vector<std::string> names = cloudNamesOf(config.region);
    sandboxes.identity = makeServerIdentity(names, SystemClock().now());
    sandboxes.platform = trustingEnvironment();
    options.trusted = sandboxes.identity.authority;
    for (const std::string& name : names)
      options.networkFlags.insert(options.networkFlags.end(), {"--network-own-name", name});
  }
  if (config.copyProcesses) {
    options.zygoteLibrary = library / "openfc-zygote.so";
    for (const runtime::Start& start : runtime::Catalogue(sandboxes.platform).copyable())
      options.programs.push_back({start.argv, start.environment});
  }
  for (const NasConfig& nas : config.nas) options.shares.push_back(nas.directory);
  sandbox::launcher::Connection connection = sandbox::launcher::start(options);
  sandboxes.door = std::move(connection.door);
  sandboxes.factory = std::make_unique<sandbox::launcher::Client>(loop, std::move(connection));
  return sandboxes;
}

Sandboxes makeSandboxes(const Config& config, const fs::path& data, net::EventLoop& loop) {
  if (config.sandbox != "plain") return startLauncher(config, data, loop);
  Sandboxes sandboxes;
  std::optional<SeenAs> owner;  // to whose user root drops
  if (::geteuid() == 0) owner.emplace(ownerOf(data));
  const fs::path whole = fs::absolute(data);  // functions run in other directories
  sandboxes.factory = std::make_unique<sandbox::plain::Factory>(
      loop, sandbox::plain::Options{.packages = (whole / "packages" / "unpacked").string(),
                                    .runtimes = (libraryDirectory() / "runtimes").string(),
                                    .instances = (whole / "plain").string()});
  return sandboxes;
}

/// The data directory, ready for the launcher. Root looks at it and makes its files as its owner:
/// that user may have put links there since the last start.
store::DataDirectory prepared(const Config& config) {
  std::optional<SeenAs> owner;
  if (::geteuid() == 0) {
    makeFor(config.data, identityOf(config.user));
    checkReachable(config);  // directories on the way may have been made with a mask of their own
    owner.emplace(ownerOf(config.data));
  }
  store::DataDirectory directory(config.data);
  fs::create_directories(directory.path() / "packages" / "unpacked");
  return directory;
}

/// How many clients may be connected: the descriptors of instances, files and outbound requests
/// stay free whatever clients do.
std::size_t connectionsOf(std::size_t descriptors) {
  constexpr std::size_t most = http::ServerConfig{}.maxConnections;
  return std::min(most, std::max<std::size_t>(descriptors / 4 * 3, 1));
}

/// One running server: its listeners and its house.
class Service {
public:
  explicit Service(const Config& config) : config_(config), directory_(prepared(config)) {
    const fs::path& data = directory_.path();
    connections_ = connectionsOf(raiseDescriptorLimit());
    const bool root = ::geteuid() == 0;
    const Identity identity = root ? identityOf(config_.user) : Identity{};
    Sandboxes sandboxes = makeSandboxes(config_, data, loop_);
    sandboxes_ = std::move(sandboxes.factory);
    heedSignals();  // they wait for run()
    listen();
    openDoor(std::move(sandboxes.door), sandboxes.identity);
    if (root && identity.uid != 0) {
      giveTo(data, identity);
      dropTo(identity);
    }
    giveUp();
    for (const std::string& shortcoming : sandboxes_->shortcomings()) {
      log::warn("this machine lacks something", {{"what", shortcoming}});
    }
    house_ = std::make_unique<House>(config_, data, port_, loop_, *sandboxes_,
                                     std::move(sandboxes.platform));
  }

  int run() {
    spawn(open(), "start");
    loop_.run();
    end();
    return status_;
  }

private:
  /// Without sandboxes, functions are our children: what we give up, they cannot have.
  void giveUp() const {
    if (config_.sandbox == "plain") return;
    check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs");
    giveUpCalls(Guarded::server);
  }

  void heedSignals() {
    loop_.onSignal([this](int signal) {
      // Ctrl-C again: at once, as after a crash. What was acknowledged is on disk; the launcher
      // ends the sandboxes.
      if (signal == SIGINT && stopping_) ::_exit(1);
      if (signal == SIGHUP) return reload();
      stop();
    });
  }

  http::ServerConfig serverConfig(std::size_t connections) const {
    return {.maxConnections = connections,
            .maxHeadBytesInFlight = static_cast<std::size_t>(config_.maxHeadBytesInFlight)};
  }

  void listen() {
    api_ = std::make_unique<http::Server>(
        loop_, serverConfig(connections_),
        [this](http::Exchange& exchange) { return house_->handleApi(exchange); },
        api::malformedRequest);
    port_ = api_->listen(config_.listen);
    address_ = config_.listen.substr(0, config_.listen.rfind(':') + 1) + std::to_string(port_);
    if (!config_.tlsListen.empty()) {
      api_->listen(config_.tlsListen,
                   http::TlsFiles{config_.tlsCertificate, config_.tlsPrivateKey});
    }
    if (config_.adminListen.empty()) return;
    admin_ = std::make_unique<http::Server>(
        loop_, http::ServerConfig{},
        [this](http::Exchange& exchange) { return house_->handleAdmin(exchange); },
        api::malformedRequest);
    admin_->listen(config_.adminListen);
  }

  /// For the calls of functions: a server of its own, so that they take no connection of others.
  void openDoor(std::vector<Fd> door, const ServerIdentity& identity) {
    if (door.empty()) return;
    constexpr std::size_t most = 4096;
    calls_ = std::make_unique<http::Server>(
        loop_, serverConfig(std::min(most, connections_)),
        [this](http::Exchange& exchange) { return house_->handleCall(exchange); },
        api::malformedRequest);
    calls_->listen(std::move(door[0]));
    calls_->listen(std::move(door[1]), net::TlsText{identity.certificate, identity.privateKey});
  }

  /// SIGHUP: certificates were renewed.
  void reload() {
    try {
      api_->reloadCertificates();
      log::info("certificates were read again", {{"certificate", config_.tlsCertificate}});
    } catch (const std::exception& failure) {
      log::error("certificates could not be read again; the old ones stay",
                 {{"reason", failure.what()}});
    }
  }

  Task<> open() {
    std::vector<std::string> reasons;
    try {
      reasons = co_await house_->open();
    } catch (const std::exception& failure) {
      reasons.emplace_back(failure.what());
    }
    opening_ = false;
    if (stopping_) {  // whoever asked for that is not told of a failure
      spawn(drain(), "drain");
      co_return;
    }
    for (const std::string& reason : reasons) log::error("not ready", {{"reason", reason}});
    if (!reasons.empty()) {
      status_ = 1;
      stop();
      co_return;
    }
    log::info("ready", {{"address", address_}, {"data", config_.data}});
    std::printf("openfc ready http://%s\n", address_.c_str());
    std::fflush(stdout);
    notify("READY=1");
  }

  /// Ends what still listens to the launcher: closing it makes its reader ready, which then runs to
  /// its end. The house still stands, because timers of its parts may be due in that turn.
  void end() {
    sandboxes_.reset();
    loop_.post([this] { loop_.post([this] { loop_.stop(); }); });
    loop_.run();
  }

  void stop() {
    if (stopping_) return;
    stopping_ = true;
    notify("STOPPING=1");
    house_->startDraining();
    if (!opening_) spawn(drain(), "drain");  // what is half open cannot be closed
  }

  Task<> drain() {
    const SteadyTime deadline = loop_.steady() + std::chrono::seconds(config_.drain);
    log::info("draining", {{"connections", api_->connections()}});
    co_await api_->drain(deadline);
    co_await house_->stopInstances();
    if (calls_) co_await calls_->drain(loop_.steady());
    co_await house_->close();
    if (admin_) co_await admin_->drain(loop_.steady());
    loop_.stop();
  }

  const Config& config_;
  store::DataDirectory directory_;
  net::EventLoop loop_;
  std::unique_ptr<sandbox::Factory> sandboxes_;
  std::unique_ptr<House> house_;
  std::unique_ptr<http::Server> api_;
  std::unique_ptr<http::Server> calls_;  // from inside functions
  std::unique_ptr<http::Server> admin_;
  std::string address_;
  std::size_t connections_ = 0;  // of clients at a time
  int port_ = 0;
  bool opening_ = true;
  bool stopping_ = false;
  int status_ = 0;
};

Environment ownEnvironment() {
  Environment variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const auto equals = std::min(text.find('='), text.size());
    variables.emplace(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
  }
  return variables;
}

CommandLine parsed(const std::vector<std::string>& arguments) {
  auto line = readCommandLine(arguments, ownEnvironment());
  if (line.help) return line;
  checkConfig(line.config);
  resolveDirectories(line.config);
  return line;
}

}  // namespace

int serve(const std::vector<std::string>& arguments) {
  try {
    const CommandLine line = parsed(arguments);
    if (line.help || line.checkOnly) {
      std::printf("%s", line.help ? usage().c_str() : "the configuration is valid\n");
      return 0;
    }
    setUpLog(line.config);
    ::signal(SIGPIPE, SIG_IGN);
    const int status = Service(line.config).run();
    log::info("stopped", {{"status", status}});  // nothing of it is left
    return status;
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "openfc: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "openfc: %s\n", error.what());
    return 1;
  }
}

}  // namespace openfc::server
