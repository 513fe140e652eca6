#pragma once

#include "base/fd.h"
#include "sandbox/launcher/birth.h"
#include "sandbox/launcher/cell.h"
#include "sandbox/launcher/cgroups.h"
#include "sandbox/launcher/network.h"
#include "sandbox/launcher/options.h"
#include "sandbox/launcher/root_tree.h"
#include "sandbox/launcher/zygote.h"
#include "sandbox/launcher_protocol.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

/// Why no program can be copied on this machine; nothing = it can.
std::optional<std::string> zygoteShortcoming();

/// The whole launcher: answers the server's requests one after another on the program's only
/// thread, tells it of every sandbox that ended, and leaves nothing behind when the server is gone.
class Launcher {
public:
  /// Sweeps leftovers, builds the root tree. Throws when this machine or process cannot have
  /// sandboxes.
  explicit Launcher(Options options);
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  /// Serves until the server closes the socket or SIGTERM comes.
  void run();

private:
  /// What an event of the poller is about; the sandbox's id is in the upper half of its tag.
  /// Those of zygotes have a zygote's number instead.
  enum class Source : std::uint8_t {
    server,
    signal,
    child,
    resolver,
    birth,
    init,
    memory,
    program,
    zygoteBirth,
    zygote,
    zygoteOutput,
    share,
    opener,
    visitBirth,
    visitor,
  };

  /// A further program in a sandbox, from the request for it to its end.
  struct Visit {
    std::uint32_t sandbox = 0;
    std::uint32_t sequence = 0;    // of the request
    std::unique_ptr<Birth> birth;  // until the program runs
    std::vector<Fd> entrances;     // … of the sandbox's groups
    std::vector<Fd> channels;      // … the server's ends
    Born program;
  };

  /// The place of one zygote, which is there when it has been needed.
  struct Nest {
    ZygoteProgram program;
    std::unique_ptr<Zygote> zygote;
    std::size_t orders = 0;  // that wait for their copy
    unsigned failures = 0;   // since the last copy
    std::chrono::steady_clock::time_point restUntil;
  };

  /// A request for a sandbox that has not been answered.
  struct Waiting {
    std::uint32_t sequence = 0;
    bool internet = false;
  };

  /// A process that has opened shares, or still tries to.
  struct Opener {
    Fd process;                            // pidfd
    std::optional<std::uint16_t> hanging;  // the share that did not answer it
  };

  struct Answer {
    Reply reply;
    std::vector<Fd> descriptors;
  };

  void watch(int fd, Source source, std::uint32_t id = 0);
  /// Before it is closed: a child that is being born may have a copy, which would keep the poller
  /// telling of it.
  void unwatch(int fd) const;
  void watchResolver();
  bool serveOne();  // false: the server is gone
  void dispatch(Source source, std::uint32_t id);
  void serve(const Request& request);
  std::vector<std::string> shortcomings() const;
  Answer answer(const Request& request);
  /// The reply to one with shares comes later, but for an exception.
  void adopt(const AdoptRequest& request, std::uint32_t sequence);
  void beginShares(Cell& cell, const AdoptRequest& request, std::uint32_t sequence);
  void shareSpoke(std::uint32_t id);
  /// What it has opened is lost, or has been heard.
  std::unique_ptr<Adopting> endShares(Cell& cell, std::optional<std::uint16_t> hanging);
  void openerEnded(std::uint32_t number);
  void finishAdoption(Cell& cell, const AdoptRequest& request, std::span<const ShareTree> shares);
  Answer socket(const SocketRequest& request);
  Answer destroy(const DestroyRequest& request);
  /// Gives sandboxes to those who wait, and begins as many births as are missing.
  void match();
  void deliver(std::uint32_t id, std::uint32_t sequence, bool internet);
  void refuse(const std::string& reason);
  /// How many sandboxes shall be on their way besides those that are.
  std::size_t missing(std::size_t reserve) const;
  /// One more sandbox for the reserve. False: none is needed, or the last attempt failed.
  bool refill();
  void beginBirth();
  void birthDone(std::uint32_t id);
  Cell& get(std::uint32_t id);
  void ended(std::uint32_t id);
  /// The reply comes later, but for an exception.
  void fork(const ForkRequest& request, std::uint32_t sequence);
  /// The server's end of the copy's control socket.
  Fd order(const ForkRequest& request, const Cell& cell, Zygote& zygote) const;
  void beginZygote(unsigned number);
  void endZygote(unsigned number);
  void zygoteBorn(unsigned number);
  void zygoteSpoke(unsigned number);
  void zygotePrinted(unsigned number);
  void zygoteLost(unsigned number, const std::string& reason);
  void take(Nest& nest, Zygote::Heard heard);
  static void noteFailure(Nest& nest, const std::string& reason);
  void forkFailed(Cell& cell, const std::string& reason);
  void programEnded(std::uint32_t id);
  /// All of our children that have ended, also those that we do not know: copies of a zygote that
  /// has never told of them, and what user code has made our child. Unreaped, they would keep their
  /// sandbox's init from ending.
  void reapChildren();
  /// Tells whoever in here has waited for the process's end. False: nobody has.
  bool handOver(pid_t process);
  /// Kills what lives in sandboxes, and waits for its end no longer than until the deadline.
  void endAll(std::chrono::steady_clock::time_point deadline);
  /// The reply comes later, but for an exception.
  void visit(const VisitRequest& request, std::uint32_t sequence);
  void visitBorn(std::uint32_t number);
  void visitorEnded(std::uint32_t number);
  Answer dismiss(const DismissRequest& request);
  void resolverEnded();
  /// Gives back the slots of ended sandboxes whose groups the kernel let go.
  void release();
  void send(const Reply& reply, const std::vector<Fd>& descriptors = {}) const;

  Options options_;
  Defences defences_;
  Fd server_;
  Fd homeMounts_;
  Fd homeNetwork_;
  Fd null_;
  Fd self_;  // pidfd
  Fd signals_;
  Fd children_;  // a signalfd: readable when one has ended
  bool childEnded_ = false;
  Fd poller_;
  Fd packages_;
  rlim_t files_ = 0;                     // descriptors of a process in a sandbox
  std::optional<cpu_set_t> processors_;  // those that sandboxes may use, where we use fewer
  std::unique_ptr<Cgroups> cgroups_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<RootTree> tree_;
  std::vector<sock_filter> filter_;        // of sandboxes
  std::vector<sock_filter> zygoteFilter_;  // of zygotes, beside ours
  std::vector<Stack> stacks_;
  std::string tmpOptions_;           // of sandboxes that have not been adopted
  std::size_t births_ = 0;           // on their way
  std::deque<std::uint32_t> ready_;  // built, the server does not know them
  std::deque<Waiting> waiting_;
  bool refilling_ = true;  // false after a failure, until the server asks again
  Fd resolver_;            // pidfd
  std::deque<unsigned> freeSlots_;
  std::uint32_t lastId_ = 0;
  std::map<std::uint32_t, std::unique_ptr<Cell>> cells_;
  std::vector<std::unique_ptr<Cell>> leaving_;
  std::vector<Nest> nests_;  // by the zygotes' numbers
  unsigned zygotesMade_ = 0;
  std::map<std::uint32_t, Opener> openers_;  // that have not been reaped, by their own numbers
  std::uint32_t lastOpener_ = 0;
  std::uint32_t lastVisit_ = 0;
  std::map<std::uint32_t, Visit> visits_;
};

}  // namespace openfc::sandbox::launcher
