// Makes a process that forks a zygote: preloaded into an interpreter of root, it lets the first
// call of fork() return only in copies, each of which is then what init's program is in the sandbox
// that the launcher named. It runs in the launcher's tree of sandboxes, needs nothing but the C
// library, and afterwards, in user code, does what the C library's fork() does.
// docs/launcher-protocol.md tells of the messages.

#include "sandbox/launcher/birth_steps.h"
#include "sandbox/zygote/messages.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <span>

namespace {

using openfc::sandbox::launcher::BirthPlan;
using openfc::sandbox::launcher::Labour;
using openfc::sandbox::zygote::CopyOrder;
using openfc::sandbox::zygote::descriptorsBeforeEntrances;
using openfc::sandbox::zygote::longestFilter;
using openfc::sandbox::zygote::Report;
using openfc::sandbox::zygote::Said;
using openfc::sandbox::zygote::Settings;

constexpr int nullFd = 0;
constexpr int launcherFd = 3;
constexpr int firstOwnFd = 10;  // above what copies put their descriptors at

pid_t (*forkOfLibrary)() = nullptr;
bool zygote = false;

/// Variables of the environment that copies shall not see.
struct Hidden {
  const char* name;
  char* text = nullptr;
};
Hidden preload{.name = "LD_PRELOAD"};
Hidden mode{.name = "OPENFC_ZYGOTE"};

/// What all copies have in common.
struct Common {
  Settings settings;
  std::array<sock_filter, longestFilter> filter;
  int socket = -1;
  int null = -1;
  int self = -1;               // pidfd
  pid_t* threadId = nullptr;   // where the C library keeps it
  void* robustList = nullptr;  // the kernel forgets it in copies
  std::size_t robustListSize = 0;
};
Common common;

struct Order {
  CopyOrder head;
  BirthPlan plan;
};

/// Without the launcher there is nobody who needs to know.
void tell(Report report, int descriptor = -1) {
  iovec part{&report, sizeof(report)};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  if (descriptor >= 0) {
    message.msg_control = space.data();
    message.msg_controllen = space.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(rights), &descriptor, sizeof(int));
  }
  ::sendmsg(common.socket, &message, MSG_NOSIGNAL);
}

void complain(std::uint32_t id, const char* step, int error) {
  Report report{.said = Said::failed, .id = id, .error = error};
  std::strncpy(report.step, step, sizeof(report.step) - 1);
  tell(report);
}

[[noreturn]] void leave(int status) {
  for (;;) ::_exit(status);
}

[[noreturn]] void giveUp(const char* step) {
  complain(0, step, errno);
  leave(1);
}

/// Puts the descriptors where the plan has them; false: not all came.
bool place(const cmsghdr* part, BirthPlan& plan) {
  if (part == nullptr || part->cmsg_type != SCM_RIGHTS) return false;
  std::array<int, 16> received{};
  const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  if (count < descriptorsBeforeEntrances || count > received.size()) return false;
  std::memcpy(received.data(), CMSG_DATA(part), count * sizeof(int));
  plan.sandbox = received[0];
  plan.control = received[1];
  plan.output = received[2];
  for (const int file : std::span(received).first(count).subspan(descriptorsBeforeEntrances)) {
    if (plan.entrances.count == plan.entrances.files.size()) return false;
    plan.entrances.files[plan.entrances.count++] = file;
  }
  return true;
}

/// Waits for the launcher; its end is ours.
Order receive() {
  Order order;
  iovec part{&order.head, sizeof(order.head)};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * 16)> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  ssize_t size = -1;
  do {
    size = ::recvmsg(common.socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) leave(0);
  if (size != sizeof(order.head) || !place(CMSG_FIRSTHDR(&message), order.plan))
    giveUp("read an order");
  order.plan.defences = common.settings.defences;
  order.plan.filter = std::span(common.filter).first(common.settings.filterLength);
  order.plan.files = common.settings.files;
  order.plan.null = common.null;
  order.plan.user = order.head.user;
  return order;
}

void closeAll(const BirthPlan& plan) {
  for (const int file : {plan.sandbox, plan.control, plan.output}) ::close(file);
  for (std::size_t i = 0; i < plan.entrances.count; ++i) ::close(plan.entrances.files[i]);
}

void hideVariables() {
  for (const Hidden* variable : {&preload, &mode}) {
    if (variable->text != nullptr) std::memset(variable->text, 0, std::strlen(variable->text));
  }
}

void receiveSettings() {
  std::array<iovec, 2> parts{iovec{&common.settings, sizeof(common.settings)},
                             iovec{common.filter.data(), sizeof(common.filter)}};
  const ssize_t size = ::readv(common.socket, parts.data(), static_cast<int>(parts.size()));
  if (size <= 0) leave(0);
  const std::size_t expected =
      sizeof(Settings) + common.settings.filterLength * sizeof(sock_filter);
  if (static_cast<std::size_t>(size) != expected) giveUp("read the settings");
}

int upwards(int fd, const char* step) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, firstOwnFd);
  if (copy < 0) giveUp(step);
  return copy;
}

void prepare() {
  common.socket = launcherFd;
  common.socket = upwards(launcherFd, "keep the launcher's socket");
  common.null = upwards(nullFd, "keep /dev/null");
  hideVariables();
  receiveSettings();
  common.self = static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0));
  if (common.self < 0) giveUp("open a descriptor of itself");
  if (::prctl(PR_GET_TID_ADDRESS, &common.threadId, 0, 0, 0) != 0)
    giveUp("find the thread's number");
  if (::syscall(SYS_get_robust_list, 0, &common.robustList, &common.robustListSize) != 0)
    giveUp("find the list of robust locks");
  tell({.said = Said::ready});
}

/// As the C library's fork() in a process of one thread, but that the copy is the launcher's child:
/// it learns its end, and the zygote may go whenever it is to.
pid_t copy(int& pidfd) {
  clone_args arguments{};
  arguments.flags = CLONE_PARENT | CLONE_PIDFD | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
  arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  arguments.child_tid = reinterpret_cast<std::uintptr_t>(common.threadId);
  const auto child = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof(arguments)));
  if (child == 0) ::syscall(SYS_set_robust_list, common.robustList, common.robustListSize);
  return child;
}

/// The copy's way into its sandbox.
void enter(const Order& order) {
  Labour labour{.plan = &order.plan};
  if (!openfc::sandbox::launcher::liveInSandbox(labour)) {
    complain(order.head.id, labour.step, labour.error);
    leave(126);
  }
  tell({.said = Said::placed, .id = order.head.id});
  if (order.plan.defences.on(openfc::sandbox::launcher::Defence::fdClosing))
    ::syscall(SYS_close_range, launcherFd + 1, ~0U, 0);
  // As exec would: processes of the same user may look into this one, which holds nothing of the
  // zygote's any more.
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  zygote = false;
}

/// False in the zygote, true in the copy.
bool obey(const Order& order) {
  if (::setns(order.plan.sandbox, CLONE_NEWPID) != 0) {
    complain(order.head.id, "join the process namespace", errno);
    return false;
  }
  int pidfd = -1;
  const pid_t child = copy(pidfd);
  if (child == 0) {
    enter(order);
    return true;
  }
  if (child < 0) {
    complain(order.head.id, "copy the zygote", errno);
  } else {
    tell({.said = Said::copied, .id = order.head.id, .process = child}, pidfd);
    ::close(pidfd);
  }
  // The sandbox's namespace shall not live on for our sake.
  ::setns(common.self, CLONE_NEWPID);
  return false;
}

__attribute__((constructor)) void arrive(int, char**, char** environment) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-cstyle-cast): what dlsym gives is no function pointer
  forkOfLibrary = reinterpret_cast<pid_t (*)()>(::dlsym(RTLD_NEXT, "fork"));
  for (char** text = environment; *text != nullptr; ++text) {
    for (Hidden* variable : {&preload, &mode}) {
      const std::size_t size = std::strlen(variable->name);
      if (std::strncmp(*text, variable->name, size) == 0 && (*text)[size] == '=')
        variable->text = *text;
    }
  }
  zygote = mode.text != nullptr;
  ::unsetenv(preload.name);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) pid_t fork() {
  if (!zygote) return forkOfLibrary();
  prepare();
  for (;;) {
    const Order order = receive();
    if (obey(order)) return 0;
    closeAll(order.plan);
  }
}
