#include "sandbox/plain/process.h"

#include "base/check.h"
#include "base/id.h"
#include "base/log.h"
#include "sandbox/pidfd.h"
#include "sandbox/spawn_plan.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <ranges>
#include <stdexcept>

namespace openfc::sandbox::plain {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view portVariables[] = {"FC_CUSTOM_LISTEN_PORT=", "FC_SERVER_PORT="};
constexpr std::string_view scratchVariable = "TMPDIR=";

/// In one step: whoever looks finds the one or the other.
void linkTo(const std::string& target, const std::string& path) {
  const std::string fresh = path + ".new";
  fs::create_directory_symlink(target, fresh);
  fs::rename(fresh, path);
}

/// Makes every file of `from` appear below `to` where there is none of its name. Links share the
/// file and not the name: a program that resolves its path finds the other layers beside it.
void addTree(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path place = to / entry.path().lexically_relative(from);
    if (entry.is_directory() && !entry.is_symlink()) {
      std::error_code isFile;
      fs::create_directory(place, isFile);
    } else if (!fs::exists(fs::symlink_status(place)) && fs::is_directory(place.parent_path())) {
      fs::create_hard_link(entry.path(), place);
    }
  }
}

std::vector<std::string> translatedAll(const std::vector<std::string>& texts,
                                       const std::vector<Place>& places) {
  std::vector<std::string> out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.push_back(translated(text, places));
  return out;
}

/// What openfc-init would have said, so that a missing program is told the same way.
void complain(int output, const std::string& program, int error) {
  const std::string line =
      fmt::format("exec {}: {} ({})\n", program, std::generic_category().message(error), error);
  static_cast<void>(::write(output, line.data(), line.size()));
}

}  // namespace

Process::Process(net::EventLoop& loop, const Options& options, std::shared_ptr<Ports> ports,
                 std::shared_ptr<Strays> strays)
    : loop_(loop),
      options_(options),
      id_("c-" + uuid()),
      directory_((fs::path(options.instances) / id_).string()),
      ports_(std::move(ports)),
      strays_(std::move(strays)) {
  fs::create_directories(directory_ + "/tmp");
  for (const char* name : {"/code", "/opt"})
    linkTo((fs::path(options_.instances) / nothing).string(), directory_ + name);
  for (const char* name : {"/code", "/opt", "/tmp"}) places_.push_back({name, directory_ + name});
  places_.push_back({"/var/fc/compiled", directory_ + "/compiled"});
  places_.push_back({"/var/fc/runtime", options_.runtimes});
  std::array<int, 2> ends{};
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "make a control socket");
  control_.reset(ends[0]);
  innerControl_.reset(ends[1]);
  check(::pipe2(ends.data(), O_CLOEXEC), "make an output pipe");
  output_.reset(ends[0]);
  innerOutput_.reset(ends[1]);
  for (const int fd : {control_.get(), output_.get()})
    check(::fcntl(fd, F_SETFL, O_NONBLOCK), "make it non-blocking");
}

Process::~Process() {
  kill();
  if (port_ > 0) ports_->giveBack(port_);
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

/// The environment with this machine's paths and this instance's port.
std::vector<std::string> Process::variablesOf(const std::vector<std::string>& environment) {
  std::vector<std::string> variables = translatedAll(environment, places_);
  bool hasScratch = false;
  for (std::string& variable : variables) {
    hasScratch = hasScratch || variable.starts_with(scratchVariable);
    if (!variable.starts_with(portVariables[0])) continue;
    port_ = ports_->take(std::atoi(variable.c_str() + portVariables[0].size()));
  }
  if (!hasScratch) variables.push_back(fmt::format("{}{}/tmp", scratchVariable, directory_));
  if (port_ == 0) return variables;
  for (std::string& variable : variables) {
    for (const std::string_view name : portVariables) {
      if (variable.starts_with(name)) variable = fmt::format("{}{}", name, port_);
    }
  }
  return variables;
}

void Process::start(const std::vector<std::string>& argv,
                    const std::vector<std::string>& environment, const std::string& cwd) {
  SpawnPlan plan;
  posix_spawn_file_actions_addopen(&plan.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&plan.actions, innerOutput_.get(), 1);
  posix_spawn_file_actions_adddup2(&plan.actions, innerOutput_.get(), 2);
  posix_spawn_file_actions_adddup2(&plan.actions, innerControl_.get(), 3);
  posix_spawn_file_actions_addclosefrom_np(&plan.actions, 4);
  if (!cwd.empty())
    posix_spawn_file_actions_addchdir_np(&plan.actions, translated(cwd, places_).c_str());
  plan.useCleanSignals(POSIX_SPAWN_SETPGROUP);

  std::vector<std::string> arguments = translatedAll(argv, places_);
  std::vector<std::string> variables = variablesOf(environment);
  const int error =
      ::posix_spawn(&process_, arguments.front().c_str(), &plan.actions, &plan.attributes,
                    pointersTo(arguments).data(), pointersTo(variables).data());
  if (error != 0) {
    process_ = 0;
    complain(innerOutput_.get(), argv.front(), error);
    // Later, as the end of a process is: the caller has not finished with its start.
    loop_.post(
        [end = end_, error] { end->put(Exit{.status = (error == ENOENT ? 127 : 126) << 8}); });
  } else {
    *running_ = true;
    spawn(reap(loop_, pidfdOf(process_), end_, running_,
               [strays = strays_, id = id_] {
                 strays->lookFor(id);  // they hold the output open, and with it this instance
               }),
          "wait for a process");
  }
  innerControl_.reset();
  innerOutput_.reset();
}

Task<> Process::reap(net::EventLoop& loop, Fd pidfd, std::shared_ptr<Mailbox<Exit>> end,
                     std::shared_ptr<bool> running, std::function<void()> ended) {
  co_await loop.readable(pidfd.get(), SteadyTime::max());
  siginfo_t info{};
  check(::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED), "reap a process");
  *running = false;
  // As init does, which cannot die from a signal itself.
  const int status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  ended();
  end->put(Exit{.status = status << 8});
}

Task<> Process::adopt(Adoption adoption) {
  if (std::exchange(adopted_, true))
    throw std::runtime_error("adopt a sandbox: it has been adopted before");
  if (!adoption.shares.empty())
    throw Refused("NAS mounts need isolated sandboxes, and this server has plain ones");
  if (!adoption.code.empty()) linkTo(options_.packages + "/" + adoption.code, directory_ + "/code");
  fs::create_directory(directory_ + "/compiled");
  const std::string compiled = options_.packages + "/" + adoption.code + ".compiled";
  if (fs::exists(compiled)) linkTo(compiled, directory_ + "/compiled/code");
  if (adoption.layers.size() == 1)
    linkTo(options_.packages + "/" + adoption.layers.front(), directory_ + "/opt");
  if (adoption.layers.size() > 1) {
    const std::string merged = directory_ + "/layers";
    fs::create_directory(merged);
    for (const std::string& layer : std::views::reverse(adoption.layers))
      addTree(options_.packages + "/" + layer, merged);
    linkTo(merged, directory_ + "/opt");
  }
  co_return;
}

Task<Fd> Process::socket() {
  co_return Fd(static_cast<int>(
      check(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "make a socket")));
}

Task<std::unique_ptr<Visitor>> Process::visit(VisitorProgram) {
  throw Refused("sandboxes of the kind plain take no further programs");
  co_return nullptr;
}

/// Whether the signal went out.
bool Process::signalGroup(int signal) const {
  // Not after it was reaped: the number may be someone else's.
  return process_ > 0 && *running_ && ::kill(-process_, signal) == 0;
}

void Process::kill() {
  signalGroup(SIGKILL);
  if (process_ == 0) end_->put(Exit{.status = SIGKILL});
}

Task<Exit> Process::ended() {
  const auto end = end_;
  co_return co_await Mailbox<Exit>::Awaiter(end);
}

/// Kilobytes of a line of /proc/PID/status, as bytes; 0 when the process is gone.
std::uint64_t Process::statusNumber(const char* key) const {
  const Fd file(::open(fmt::format("/proc/{}/status", process_).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> buffer;
  const ssize_t size =
      process_ > 0 && *running_ ? ::read(file.get(), buffer.data(), buffer.size()) : 0;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  const std::size_t line = text.find(key);
  const std::size_t digits =
      line == std::string_view::npos ? line : text.find_first_of("0123456789", line);
  std::uint64_t value = 0;
  if (digits != std::string_view::npos)
    std::from_chars(text.data() + digits, text.data() + text.size(), value);
  return value << 10;
}

std::uint64_t Process::memory() const { return statusNumber("VmRSS:"); }

std::uint64_t Process::peakMemory() const { return statusNumber("VmHWM:"); }

void Process::resetPeak() {
  const Fd file(::open(fmt::format("/proc/{}/clear_refs", process_).c_str(), O_WRONLY | O_CLOEXEC));
  if (process_ > 0 && *running_) static_cast<void>(::write(file.get(), "5", 1));
}

}  // namespace openfc::sandbox::plain
