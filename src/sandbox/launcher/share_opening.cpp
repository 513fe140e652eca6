#include "sandbox/launcher/share_opening.h"

#include "base/check.h"
#include "sandbox/launcher/pairs.h"
#include "sandbox/launcher/refusal.h"
#include "sandbox/packet_socket.h"
#include "sandbox/pidfd.h"

#include <fmt/core.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace openfc::sandbox::launcher {
namespace {

/// The first byte of what the process tells; the rest is a number or a text.
constexpr char nextIs = 'n';
constexpr char done = 'd';
constexpr char refused = 'r';
constexpr char failed = 'f';

void tell(int socket, char what, const std::string& text, const std::vector<int>& files = {}) {
  sendPacket(socket, what + text.substr(0, 1000), files, Wait::yes);
}

/// It must keep nothing of the launcher's open: it may stay for as long as its file system likes.
[[noreturn]] void work(const ShareOpening::Work& todo, int socket) {
  constexpr int mine = 3;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (::dup2(socket, mine) < 0 || ::syscall(SYS_close_range, mine + 1, ~0U, 0) != 0) ::_exit(1);
  try {
    const std::vector<Fd> opened =
        todo([](std::size_t which) { tell(mine, nextIs, std::to_string(which)); });
    std::vector<int> files;
    files.reserve(opened.size());
    for (const Fd& file : opened) files.push_back(file.get());
    tell(mine, done, "", files);
    ::_exit(0);
  } catch (const Refusal& refusal) {
    tell(mine, refused, refusal.what());
  } catch (const std::exception& failure) {
    tell(mine, failed, failure.what());
  }
  ::_exit(1);
}

Fd timerOf(std::chrono::milliseconds patience) {
  Fd timer(static_cast<int>(
      check(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "make a timer")));
  itimerspec when{};
  when.it_value.tv_sec = patience.count() / 1000;
  when.it_value.tv_nsec = patience.count() % 1000 * 1'000'000;
  check(::timerfd_settime(timer.get(), 0, &when, nullptr), "set a timer");
  return timer;
}

bool isDue(int timer) {
  std::uint64_t times = 0;
  return ::read(timer, &times, sizeof times) == sizeof times;
}

}  // namespace

ShareOpening::ShareOpening(const Work& todo, std::chrono::milliseconds patience)
    : timer_(timerOf(patience)) {
  Pair pair = packetPair();
  const pid_t process = static_cast<pid_t>(check(::fork(), "start a process for shares"));
  if (process == 0) {
    try {
      work(todo, pair.theirs.get());
    } catch (...) {
      ::_exit(1);  // the launcher has closed the socket
    }
  }
  told_ = std::move(pair.ours);
  process_ = pidfdOf(process);
}

ShareOpening::~ShareOpening() { kill(); }

void ShareOpening::kill() const {
  if (process_) signalPidfd(process_.get(), SIGKILL);
}

std::optional<std::vector<Fd>> ShareOpening::hear() {
  while (auto packet = receivePacket(told_.get(), Wait::no)) {
    if (packet->bytes.empty()) throw std::runtime_error("the process that opens shares has ended");
    const std::string text = packet->bytes.substr(1);
    switch (packet->bytes.front()) {
      case nextIs:
        std::from_chars(text.data(), text.data() + text.size(), at_);
        break;
      case done:
        return std::move(packet->descriptors);
      case refused:
        throw Refusal(text);
      default:
        throw std::runtime_error(text);
    }
  }
  if (isDue(timer_.get())) throw ShareTimeout(at_);
  return std::nullopt;
}

void checkShares(const std::vector<std::string>& table, const Defences& defences,
                 std::chrono::milliseconds patience) {
  if (table.empty()) return;
  ShareOpening opening(
      [&](const ShareOpening::Progress& progress) {
        for (std::size_t i = 0; i < table.size(); ++i) {
          progress(i);
          check(openShareDirectory(table[i], defences).get(), "open the share " + table[i]);
        }
        return std::vector<Fd>();
      },
      patience);
  try {
    std::array<pollfd, 2> events{{{opening.told(), POLLIN, 0}, {opening.timer(), POLLIN, 0}}};
    while (!opening.hear()) ::poll(events.data(), events.size(), -1);
  } catch (const ShareTimeout& timeout) {
    throw std::runtime_error(fmt::format("the share {} does not answer within {} ms",
                                         table.at(timeout.which()), patience.count()));
  }
  ::waitid(P_PIDFD, static_cast<id_t>(opening.takeProcess().get()), nullptr, WEXITED);
}

}  // namespace openfc::sandbox::launcher
