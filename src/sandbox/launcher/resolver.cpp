#include "sandbox/launcher/resolver.h"

#include "base/call_filter.h"
#include "base/check.h"
#include "sandbox/launcher/netlink.h"
#include "sandbox/launcher/resolver_forwarder.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace openfc::sandbox::launcher {
namespace {

constexpr std::uint16_t dnsPort = 53;

Fd boundSocket(std::uint32_t address, int type) {
  Fd socket(static_cast<int>(check(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                                   "make the resolver's socket")));
  const int on = 1;
  check(setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "set SO_REUSEADDR");
  const sockaddr_in at{
      .sin_family = AF_INET, .sin_port = htons(dnsPort), .sin_addr = {.s_addr = htonl(address)}};
  check(bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at),
        "bind port 53 of " + toText(address));
  return socket;
}

/// Leaves nothing of the launcher to this process but the two sockets and standard error.
void becomeSmall(Fd& datagrams, Fd& streams, const ResolverConfig& config) {
  constexpr int kept = 3;
  const int high = static_cast<int>(
      check(fcntl(datagrams.get(), F_DUPFD_CLOEXEC, kept + 2), "move a descriptor"));
  const int higher =
      static_cast<int>(check(fcntl(streams.get(), F_DUPFD_CLOEXEC, high + 1), "move a descriptor"));
  check(dup3(high, kept, O_CLOEXEC), "move a descriptor");
  check(dup3(higher, kept + 1, O_CLOEXEC), "move a descriptor");
  check(close_range(kept + 2, ~0U, 0), "close descriptors");
  const int nothing =
      static_cast<int>(check(open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null"));
  check(dup2(nothing, 0), "close standard input");
  check(dup2(nothing, 1), "close standard output");
  // What the two objects named is gone or something else: they must not close it.
  (void)datagrams.release();
  (void)streams.release();
  datagrams.reset(kept);
  streams.reset(kept + 1);
  const rlimit files{.rlim_cur = 1024, .rlim_max = 1024};
  check(setrlimit(RLIMIT_NOFILE, &files), "limit descriptors");
  check(setgroups(0, nullptr), "drop groups");
  check(setresgid(config.group, config.group, config.group), "change the group");
  check(setresuid(config.user, config.user, config.user), "change the user");
  check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "set no_new_privs");
  giveUpCalls(Guarded::resolver);
}

[[noreturn]] void runResolver(Fd datagrams, Fd streams, const ResolverConfig& config,
                              pid_t parent) {
  try {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) (void)signal(number, SIG_DFL);
    prctl(PR_SET_NAME, "openfc-resolver");
    becomeSmall(datagrams, streams, config);
    // After the change of user, which would have cleared it; the parent may have ended before.
    check(prctl(PR_SET_PDEATHSIG, SIGKILL), "bind to the launcher's life");
    if (getppid() != parent) _exit(0);
    Forwarder(std::move(datagrams), std::move(streams), Upstreams(config.upstreams), config.own,
              config.fair)
        .run();
  } catch (...) {
    _exit(1);
  }
}

}  // namespace

Resolver::Resolver(const ResolverConfig& config) {
  (void)Upstreams(config.upstreams);  // throws here, not in the process, when one makes no sense
  Fd datagrams = boundSocket(config.address, SOCK_DGRAM);
  Fd streams = boundSocket(config.address, SOCK_STREAM);
  constexpr int backlog = 64;
  check(listen(streams.get(), backlog), "listen for questions over TCP");
  const pid_t parent = getpid();
  process_ = static_cast<pid_t>(check(fork(), "fork the resolver"));
  if (process_ == 0) runResolver(std::move(datagrams), std::move(streams), config, parent);
}

Resolver::~Resolver() {
  if (process_ == 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

}  // namespace openfc::sandbox::launcher
