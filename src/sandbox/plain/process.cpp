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
#include <filesystem>
#include <stdexcept>

namespace openfc::sandbox::plain {
namespace {

namespace fs = std::filesystem;

void linkTo(const std::string& target, const std::string& path) {
  std::error_code ignored;
  fs::remove(path, ignored);
  fs::create_directory_symlink(target, path);
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

Process::Process(net::EventLoop& loop, const Options& options)
    : loop_(loop),
      options_(options),
      id_("c-" + uuid()),
      directory_((fs::temp_directory_path() / ("openfc-plain-" + id_)).string()) {
  for (const char* name : {"/code", "/opt", "/tmp"}) {
    fs::create_directories(directory_ + name);
    places_.push_back({name, directory_ + name});
  }
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
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
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
  std::vector<std::string> variables = translatedAll(environment, places_);
  const int error =
      ::posix_spawn(&process_, arguments.front().c_str(), &plan.actions, &plan.attributes,
                    pointersTo(arguments).data(), pointersTo(variables).data());
  if (error != 0) {
    process_ = 0;
    complain(innerOutput_.get(), argv.front(), error);
    end_->put(Exit{.status = (error == ENOENT ? 127 : 126) << 8});
  } else {
    *running_ = true;
    spawn(reap(loop_, pidfdOf(process_), end_, running_), "wait for a process");
  }
  innerControl_.reset();
  innerOutput_.reset();
}

Task<> Process::reap(net::EventLoop& loop, Fd pidfd, std::shared_ptr<Mailbox<Exit>> end,
                     std::shared_ptr<bool> running) {
  co_await loop.readable(pidfd.get(), SteadyTime::max());
  siginfo_t info{};
  check(::waitid(P_PIDFD, static_cast<id_t>(pidfd.get()), &info, WEXITED), "reap a process");
  *running = false;
  // As init does, which cannot die from a signal itself.
  const int status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  end->put(Exit{.status = status << 8});
}

Task<> Process::adopt(Adoption adoption) {
  if (std::exchange(adopted_, true))
    throw std::runtime_error("adopt a sandbox: it has been adopted before");
  if (!adoption.shares.empty())
    throw Refused("NAS mounts need isolated sandboxes, and this server has plain ones");
  if (!adoption.code.empty()) linkTo(options_.packages + "/" + adoption.code, directory_ + "/code");
  if (adoption.layers.size() == 1)
    linkTo(options_.packages + "/" + adoption.layers.front(), directory_ + "/opt");
  if (adoption.layers.size() > 1) {
    for (const std::string& layer : adoption.layers) {
      fs::copy(options_.packages + "/" + layer, directory_ + "/opt",
               fs::copy_options::recursive | fs::copy_options::overwrite_existing |
                   fs::copy_options::copy_symlinks);
    }
  }
  co_return;
}

Task<Fd> Process::socket() {
  co_return Fd(static_cast<int>(
      check(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "make a socket")));
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
