#include "sandbox/launcher_client.h"

#include "base/check.h"
#include "base/log.h"
#include "sandbox/conversation.h"
#include "sandbox/launched_sandbox.h"
#include "sandbox/pidfd.h"
#include "sandbox/spawn_plan.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <span>
#include <stdexcept>

namespace openfc::sandbox::launcher {
namespace {

constexpr int startPatience =
    30'000;  // milliseconds; it may have to sweep a crashed run's sandboxes first
constexpr int endPatience = 10'000;
constexpr int socketInLauncher = 3;

std::vector<std::string> flagsOf(const Program& program) {
  std::vector<std::string> flags{"--zygote", program.argv.at(0)};
  for (const std::string& argument : std::span(program.argv).subspan(1))
    flags.insert(flags.end(), {"--zygote-argument", argument});
  for (const std::string& variable : program.environment)
    flags.insert(flags.end(), {"--zygote-environment", variable});
  return flags;
}

std::vector<std::string> argumentsOf(const StartOptions& options) {
  std::vector<std::string> arguments{
      options.program,
      "--socket",
      std::to_string(socketInLauncher),
      "--packages",
      options.packages,
      "--runtimes",
      options.runtimes,
      "--init",
      options.init,
      "--scope",
      options.scope,
      "--uid-base",
      std::to_string(options.uidBase),
      "--uid-count",
      std::to_string(options.uidCount),
      "--reserve",
      std::to_string(options.reserve),
      "--memory",
      std::to_string(options.memory),
      "--without-limits",
      options.withoutLimits ? "1" : "0",
  };
  if (!options.programs.empty())
    arguments.insert(arguments.end(), {"--zygote-library", options.zygoteLibrary, "--zygote-copies",
                                       std::to_string(options.copies)});
  for (const Program& program : options.programs) {
    const auto flags = flagsOf(program);
    arguments.insert(arguments.end(), flags.begin(), flags.end());
  }
  if (!options.shares.empty())
    arguments.insert(arguments.end(), {"--share-patience", std::to_string(options.sharePatience)});
  if (!options.trusted.empty()) arguments.insert(arguments.end(), {"--trust", options.trusted});
  for (const std::string& share : options.shares)
    arguments.insert(arguments.end(), {"--share", share});
  arguments.insert(arguments.end(), options.networkFlags.begin(), options.networkFlags.end());
  return arguments;
}

/// Nothing of the server's environment but what tests need.
std::vector<std::string> environmentOf() {
  std::vector<std::string> environment{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"};
  for (const char* name :
       {"OPENFC_DEFENCES_OFF", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name))
      environment.push_back(fmt::format("{}={}", name, value));
  }
  return environment;
}

pid_t spawnLauncher(const StartOptions& options, int socket) {
  SpawnPlan plan;
  posix_spawn_file_actions_addopen(&plan.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&plan.actions, 2, 1);
  posix_spawn_file_actions_adddup2(&plan.actions, socket, socketInLauncher);
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, socketInLauncher + 1);
  plan.useCleanSignals(0);
  std::vector<std::string> arguments = argumentsOf(options);
  std::vector<std::string> environment = environmentOf();
  pid_t process = 0;
  const int error =
      ::posix_spawn(&process, options.program.c_str(), &plan.actions, &plan.attributes,
                    pointersTo(arguments).data(), pointersTo(environment).data());
  if (error != 0) throw SystemError(error, "start " + options.program);
  return process;
}

void awaitReady(Connection& connection) {
  const int socket = connection.socket.get();
  pollfd readable{socket, POLLIN, 0};
  if (::poll(&readable, 1, startPatience) <= 0)
    throw std::runtime_error("it does not become ready");
  auto packet = receivePacket(socket, Wait::yes);
  if (!packet || packet->bytes.empty()) throw std::runtime_error("it ended at once");
  const auto reply = decodeReply(std::as_bytes(std::span(packet->bytes)));
  if (!reply) throw std::runtime_error(reply.error());
  if (const auto* failure = std::get_if<Failed>(&reply->body))
    throw std::runtime_error(failure->reason);
  const auto* ready = std::get_if<Ready>(&reply->body);
  if (ready == nullptr) throw std::runtime_error("its first message is none that it should be");
  connection.shortcomings = ready->shortcomings;
  constexpr std::size_t doors = 2;
  if (packet->descriptors.size() == doors) connection.door = std::move(packet->descriptors);
}

/// The launcher ends by itself when its socket is closed; one that hangs is killed.
void awaitEnd(pid_t process, int patience) {
  const Fd pidfd = pidfdOf(process);
  pollfd ended{pidfd.get(), POLLIN, 0};
  if (::poll(&ended, 1, patience) == 0) {
    log::error("the sandbox launcher does not end", {{"process", process}});
    // Not allowed once the server has dropped its privileges.
    if (!signalPidfd(pidfd.get(), SIGKILL)) return;
  }
  ::waitpid(process, nullptr, 0);
}

LaunchedSandbox::Files filesOf(const Created& created, std::vector<Fd> descriptors) {
  LaunchedSandbox::Files files;
  std::size_t next = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if ((created.files >> i & 1) != 0 && next < descriptors.size())
      files[i] = std::move(descriptors[next++]);
  }
  return files;
}

}  // namespace

Connection start(const StartOptions& options) {
  std::array<int, 2> ends{};
  check(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()),
        "make the launcher's socket");
  Connection connection{.socket = Fd(ends[0]),
                        .process = 0,
                        .shortcomings = {},
                        .programs = options.programs,
                        .door = {}};
  Fd other(ends[1]);
  connection.process = spawnLauncher(options, other.get());
  other.reset();
  try {
    awaitReady(connection);
  } catch (const std::exception& failure) {
    connection.socket.reset();
    awaitEnd(connection.process, endPatience);
    throw std::runtime_error(std::string("start the sandbox launcher: ") + failure.what());
  }
  return connection;
}

Client::Client(net::EventLoop& loop, Connection connection)
    : conversation_(std::make_shared<Conversation>(loop, std::move(connection.socket))),
      process_(connection.process),
      shortcomings_(std::move(connection.shortcomings)),
      programs_(std::make_shared<const std::vector<Program>>(std::move(connection.programs))) {
  conversation_->begin();
}

Client::~Client() {
  conversation_->close();
  awaitEnd(process_, endPatience);
}

bool Client::healthy() const { return conversation_->alive(); }

Task<std::unique_ptr<Sandbox>> Client::create(Shape shape) {
  const auto conversation = conversation_;
  const auto programs = programs_;
  Answer answer =
      co_await conversation->ask({0, CreateRequest{shape.network == Network::internet}});
  if (const auto* failure = std::get_if<Failed>(&answer.reply.body)) {
    throw std::runtime_error("create a sandbox: " + failure->reason);
  }
  const auto* created = std::get_if<Created>(&answer.reply.body);
  if (created == nullptr)
    throw std::runtime_error("create a sandbox: the launcher answers something else");
  co_return std::make_unique<LaunchedSandbox>(
      conversation, *created, filesOf(*created, std::move(answer.descriptors)), programs);
}

}  // namespace openfc::sandbox::launcher
