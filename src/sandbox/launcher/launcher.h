#pragma once

#include "base/fd.h"
#include "sandbox/launcher/birth.h"
#include "sandbox/launcher/cell.h"
#include "sandbox/launcher/cgroups.h"
#include "sandbox/launcher/network.h"
#include "sandbox/launcher/options.h"
#include "sandbox/launcher/root_tree.h"
#include "sandbox/launcher_protocol.h"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

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
  enum class Source : std::uint8_t { server, signal, resolver, birth, init, memory };

  /// A request for a sandbox that has not been answered.
  struct Waiting {
    std::uint32_t sequence = 0;
    bool internet = false;
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
  Answer answer(const Request& request);
  Answer adopt(const AdoptRequest& request);
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
  Fd poller_;
  Fd packages_;
  rlim_t files_ = 0;  // descriptors of a process in a sandbox
  std::unique_ptr<Cgroups> cgroups_;
  std::unique_ptr<Network> network_;
  std::unique_ptr<RootTree> tree_;
  std::vector<sock_filter> filter_;
  std::vector<Stack> stacks_;
  std::size_t births_ = 0;           // on their way
  std::deque<std::uint32_t> ready_;  // built, the server does not know them
  std::deque<Waiting> waiting_;
  bool refilling_ = true;  // false after a failure, until the server asks again
  Fd resolver_;            // pidfd
  std::deque<unsigned> freeSlots_;
  std::uint32_t lastId_ = 0;
  std::map<std::uint32_t, std::unique_ptr<Cell>> cells_;
  std::vector<std::unique_ptr<Cell>> leaving_;
};

}  // namespace openfc::sandbox::launcher
