#include "sandbox/launcher/launcher.h"

#include "base/call_filter.h"
#include "base/check.h"
#include "base/directories.h"
#include "base/log.h"
#include "sandbox/launcher/files.h"
#include "sandbox/launcher/mount_calls.h"
#include "sandbox/launcher/processors.h"
#include "sandbox/launcher/refusal.h"
#include "sandbox/launcher/seccomp.h"
#include "sandbox/packet_socket.h"
#include "sandbox/pidfd.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <initializer_list>
#include <span>
#include <stdexcept>

namespace openfc::sandbox::launcher {
namespace {

/// How often ended sandboxes whose groups are still held by the kernel are looked at again.
constexpr int releaseInterval = 10;  // milliseconds
constexpr rlim_t sandboxFiles = 100'000;
constexpr auto longestEnd = std::chrono::seconds(5);  // of all sandboxes together

Defences defencesOfEnvironment() {
  const char* off = std::getenv("OPENFC_DEFENCES_OFF");
  return Defences(off == nullptr ? "" : off);
}

Fd opened(const std::string& path, int flags) {
  return Fd(static_cast<int>(check(::open(path.c_str(), flags | O_CLOEXEC), "open " + path)));
}

/// Sandboxes are in nobody's session, keyring or signal mask but ours, and ours are new.
void standAlone() {
  ::setsid();
  // Fails where keyrings are forbidden to us, which is as good.
  ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  check(::unshare(CLONE_NEWNS), "make a mount namespace (needs root)");
  // Host mounts may still come and go; ours stay ours.
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr), "keep mounts to ourselves");
}

/// This program needs a few descriptors for each sandbox. Returns how many a sandbox's process may
/// have: more than our own hard limit only with CAP_SYS_RESOURCE.
rlim_t raiseFileLimit() {
  rlimit files{};
  check(::getrlimit(RLIMIT_NOFILE, &files), "read the limit of descriptors");
  rlimit wanted{sandboxFiles, std::max(sandboxFiles, files.rlim_max)};
  if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) return sandboxFiles;
  wanted.rlim_cur = wanted.rlim_max = files.rlim_max;
  check(::setrlimit(RLIMIT_NOFILE, &wanted), "raise the limit of descriptors");
  return std::min(sandboxFiles, files.rlim_max);
}

sigset_t setOf(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : signals) sigaddset(&set, number);
  return set;
}

Fd watchSignal(int number) {
  const sigset_t wanted = setOf({number});
  return Fd(static_cast<int>(
      check(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK), "make a signalfd")));
}

Fd watchForEnd() {
  const sigset_t blocked = setOf({SIGTERM, SIGCHLD});
  check(::sigprocmask(SIG_SETMASK, &blocked, nullptr), "block signals");
  // A parent that dies closes its end of the socket too, which is what counts: one that has dropped
  // its privileges may not signal us. This is for a parent that has not, and a kept copy of the
  // socket.
  check(::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0), "set the parent-death signal");
  return watchSignal(SIGTERM);
}

std::uint64_t tagOf(std::uint32_t id, std::uint8_t source) {
  return std::uint64_t{id} << 32 | source;
}

}  // namespace

Launcher::Launcher(Options options)
    : options_(std::move(options)), defences_(defencesOfEnvironment()), server_(options_.socket) {
  check(::fcntl(server_.get(), F_SETFD, FD_CLOEXEC), "keep the server's socket");
  standAlone();
  // What attacks need without the sandboxes' own filter, they need without ours, too.
  if (defences_.on(Defence::seccomp)) giveUpCalls(Guarded::launcher);
  files_ = raiseFileLimit();
  processors_ = keepToHalf();
  signals_ = watchForEnd();
  children_ = watchSignal(SIGCHLD);
  homeMounts_ = opened("/proc/self/ns/mnt", O_RDONLY);
  homeNetwork_ = opened("/proc/self/ns/net", O_RDONLY);
  null_ = opened("/dev/null", O_RDWR);
  self_ = pidfdOf(::getpid());
  packages_ = openWithoutLinks(options_.packages, O_PATH);
  check(packages_.get(), "open " + options_.packages);
  checkShares(options_.shares, defences_, std::chrono::milliseconds(options_.sharePatience));
  poller_ = Fd(static_cast<int>(check(::epoll_create1(EPOLL_CLOEXEC), "make an epoll")));
  cgroups_ = std::make_unique<Cgroups>(options_.scope, options_.memory, defences_);
  if (!options_.withoutLimits && !cgroups_->limitless().empty()) {
    throw std::runtime_error(cgroups_->limitless() +
                             "; only allowWithoutLimits: true lets them run like that");
  }
  if (options_.network) network_ = std::make_unique<Network>(*options_.network);
  tree_ = std::make_unique<RootTree>(
      RootTreeConfig{.runtimes = options_.runtimes,
                     .init = options_.init,
                     .trusted = options_.trusted,
                     .zygoteLibrary = options_.zygotes.empty() ? "" : options_.zygoteLibrary,
                     .resolvConf = network_ ? network_->resolvConf() : "",
                     .uidBase = options_.uidBase,
                     .uidCount = options_.uidCount,
                     .defences = defences_},
      homeMounts_.get());
  filter_ = makeSeccompFilter();
  zygoteFilter_ = refusalFilter(Guarded::zygote);
  tmpOptions_ = tmpOptionsOf(defaultTmpSize, defences_);
  for (ZygoteProgram& program : options_.zygotes)
    nests_.push_back({.program = std::move(program), .zygote = nullptr});
  const unsigned slots = network_ && network_->usable()
                             ? std::min(options_.uidCount, network_->capacity())
                             : options_.uidCount;
  for (unsigned slot = 0; slot < slots; ++slot) freeSlots_.push_back(slot);
}

Launcher::~Launcher() {
  const auto deadline = std::chrono::steady_clock::now() + longestEnd;
  endAll(deadline);
  visits_.clear();
  cells_.clear();
  leaving_.clear();
  nests_.clear();
  cgroups_->remove(deadline);
}

void Launcher::run() {
  watch(server_.get(), Source::server);
  watch(signals_.get(), Source::signal);
  watch(children_.get(), Source::child);
  watchResolver();
  send({0, Ready{shortcomings()}}, network_ ? network_->takeDoor() : std::vector<Fd>());
  std::array<epoll_event, 64> events;
  bool refilling = true;
  for (;;) {
    const bool expecting =
        std::ranges::any_of(leaving_, [](const auto& cell) { return !cell->isKept(); });
    const int patience = refilling ? 0 : expecting ? releaseInterval : -1;
    const int count =
        ::epoll_wait(poller_.get(), events.data(), static_cast<int>(events.size()), patience);
    if (count < 0 && errno != EINTR) check(count, "wait for events");
    for (const epoll_event& event :
         std::span(events).first(static_cast<std::size_t>(std::max(count, 0)))) {
      const auto source = static_cast<Source>(event.data.u64 & 0xff);
      if (source == Source::signal || (source == Source::server && !serveOne())) return;
      dispatch(source, static_cast<std::uint32_t>(event.data.u64 >> 32));
    }
    // After the events, so that whoever waits for one of them has it in most cases.
    if (childEnded_) reapChildren();
    release();
    // Only when nobody wants anything.
    refilling = count > 0 || refill();
  }
}

std::vector<std::string> Launcher::shortcomings() const {
  std::vector<std::string> lacking = cgroups_->shortcomings();
  if (!network_) lacking.emplace_back("functions have no network but loopback: none is configured");
  if (files_ < sandboxFiles) {
    lacking.push_back(
        fmt::format("functions may have {} open descriptors, not {}: the hard limit is lower",
                    files_, sandboxFiles));
  }
  if (network_) std::ranges::copy(network_->shortcomings(), std::back_inserter(lacking));
  if (!nests_.empty()) {
    if (auto lack = zygoteShortcoming()) lacking.push_back(std::move(*lack));
  }
  return lacking;
}

void Launcher::dispatch(Source source, std::uint32_t id) {
  if (source == Source::birth) birthDone(id);
  if (source == Source::program) programEnded(id);
  if (source == Source::zygoteBirth) zygoteBorn(id);
  if (source == Source::zygote) zygoteSpoke(id);
  if (source == Source::zygoteOutput) zygotePrinted(id);
  if (source == Source::visitBirth) visitBorn(id);
  if (source == Source::visitor) visitorEnded(id);
  if (source == Source::init) ended(id);
  if (source == Source::resolver) resolverEnded();
  if (source == Source::child) childEnded_ = true;
  if (source == Source::share) shareSpoke(id);
  if (source == Source::opener) openerEnded(id);
  if (source != Source::memory) return;
  // Version 1 kills one process of a group that is out of memory; the rest is of no use without it.
  const auto found = cells_.find(id);
  if (found == cells_.end()) return;
  if (found->second->group.takeOomEvent()) found->second->group.kill();
}

void Launcher::watch(int fd, Source source, std::uint32_t id) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = tagOf(id, static_cast<std::uint8_t>(source));
  check(::epoll_ctl(poller_.get(), EPOLL_CTL_ADD, fd, &event), "watch a descriptor");
}

void Launcher::unwatch(int fd) const {
  if (fd >= 0) ::epoll_ctl(poller_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

void Launcher::watchResolver() {
  unwatch(resolver_.get());
  resolver_.reset();
  if (!network_ || network_->resolver() == 0) return;
  resolver_ = pidfdOf(network_->resolver());
  watch(resolver_.get(), Source::resolver);
}

void Launcher::resolverEnded() {
  const pid_t process = network_->resolver();
  if (::waitpid(process, nullptr, WNOHANG) == 0) return;
  network_->childEnded(process);
  watchResolver();
}

bool Launcher::serveOne() {
  const auto packet = receivePacket(server_.get(), Wait::no);
  if (!packet) return true;
  if (packet->bytes.empty()) return false;
  const auto request = decodeRequest(std::as_bytes(std::span(packet->bytes)));
  // A server that does not speak the protocol is not ours.
  if (!request) throw std::runtime_error("a request of the server: " + request.error());
  serve(*request);
  return true;
}

void Launcher::serve(const Request& request) {
  if (const auto* create = std::get_if<CreateRequest>(&request.body)) {
    // Nobody could use a sandbox without having the reply.
    if (request.sequence == 0) return;
    waiting_.push_back({request.sequence, create->internet});
    refilling_ = true;
    match();
    return;
  }
  if (const auto* copy = std::get_if<ForkRequest>(&request.body)) {
    try {
      fork(*copy, request.sequence);
    } catch (const std::exception& failure) {
      if (request.sequence != 0) send({request.sequence, Failed{failure.what()}});
    }
    return;
  }
  if (const auto* guest = std::get_if<VisitRequest>(&request.body)) {
    try {
      visit(*guest, request.sequence);
    } catch (const std::exception& failure) {
      if (request.sequence != 0) send({request.sequence, Failed{failure.what()}});
    }
    return;
  }
  if (const auto* adoption = std::get_if<AdoptRequest>(&request.body)) {
    adopt(*adoption, request.sequence);
    return;
  }
  const Answer answered = answer(request);
  if (request.sequence != 0) send(answered.reply, answered.descriptors);
}

Launcher::Answer Launcher::answer(const Request& request) {
  struct Visitor {
    Launcher& launcher;
    Answer operator()(const CreateRequest&) const {
      throw std::logic_error("a sandbox is not made at once");
    }
    Answer operator()(const ForkRequest&) const {
      throw std::logic_error("a program is not copied at once");
    }
    Answer operator()(const AdoptRequest&) const {
      throw std::logic_error("a sandbox is not always adopted at once");
    }
    Answer operator()(const VisitRequest&) const {
      throw std::logic_error("a visitor does not come at once");
    }
    Answer operator()(const DismissRequest& body) const { return launcher.dismiss(body); }
    Answer operator()(const SocketRequest& body) const { return launcher.socket(body); }
    Answer operator()(const DestroyRequest& body) const { return launcher.destroy(body); }
  };
  Answer answered;
  try {
    answered = std::visit(Visitor{*this}, request.body);
  } catch (const Refusal& refusal) {
    answered = {{0, Refused{refusal.what()}}, {}};
  } catch (const std::exception& failure) {
    answered = {{0, Failed{failure.what()}}, {}};
  }
  answered.reply.sequence = request.sequence;
  return answered;
}

Cell& Launcher::get(std::uint32_t id) {
  const auto found = cells_.find(id);
  if (found == cells_.end()) throw std::runtime_error(fmt::format("there is no sandbox {}", id));
  return *found->second;
}

Launcher::Answer Launcher::socket(const SocketRequest& request) {
  Answer answered{{0, Done{}}, {}};
  answered.descriptors.push_back(
      socketIn(get(request.id), {homeMounts_.get(), homeNetwork_.get()}));
  return answered;
}

Launcher::Answer Launcher::destroy(const DestroyRequest& request) {
  const auto found = cells_.find(request.id);
  if (found != cells_.end()) {
    found->second->destroyed = true;
    found->second->kill();
  }
  const auto left =
      std::ranges::find(leaving_, request.id, [](const auto& cell) { return cell->id; });
  if (left != leaving_.end()) (*left)->destroyed = true;
  return {{0, Done{}}, {}};
}

void Launcher::ended(std::uint32_t id) {
  const auto found = cells_.find(id);
  if (found == cells_.end()) return;
  const auto status = reap(found->second->init.pidfd.get());
  if (!status) return;
  std::unique_ptr<Cell> cell = std::move(found->second);
  cells_.erase(found);
  if (cell->forking) forkFailed(*cell, "the sandbox has ended");
  if (const auto adopting = endShares(*cell, {}))
    send({adopting->sequence, Failed{"the sandbox has ended"}});
  unwatch(cell->program.pidfd.get());
  unwatch(cell->init.pidfd.get());
  unwatch(cell->group.oomEvent());
  std::erase(ready_, id);
  if (cell->announced) {
    send({0, Ended{id, cell->programStatus.value_or(*status), cell->group.outOfMemory()}});
  }
  // Nothing is left of a process namespace when its init is gone; without one there may be.
  cell->group.kill();
  if (cell->internet) network_->detach(cell->slot);
  cell->init.pidfd.reset();
  leaving_.push_back(std::move(cell));
}

void Launcher::release() {
  std::erase_if(leaving_, [this](const std::unique_ptr<Cell>& cell) {
    if (cell->program.pidfd && reap(cell->program.pidfd.get())) cell->program = {};
    if (cell->program.pidfd || cell->isKept() || !cell->group.remove()) return false;
    freeSlots_.push_back(cell->slot);
    return true;
  });
  if (!waiting_.empty()) match();
}

void Launcher::send(const Reply& reply, const std::vector<Fd>& descriptors) const {
  std::vector<int> numbers;
  numbers.reserve(descriptors.size());
  for (const Fd& descriptor : descriptors) numbers.push_back(descriptor.get());
  sendPacket(server_.get(), encode(reply), numbers, Wait::yes);
}

}  // namespace openfc::sandbox::launcher
