#pragma once

#include "base/fd.h"
#include "net/event_loop.h"
#include "sandbox/sandbox.h"

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace openfc::sandbox::launcher {

struct StartOptions {
  std::string program;   // openfc-sandbox
  std::string init;      // openfc-init
  std::string packages;  // the directory that holds one directory per digest; readable by everybody
  std::string runtimes;  // the bootstraps, shown at /var/fc/runtime
  std::string scope = "default";  // names this data directory's control groups and links
  uid_t uidBase = 950'000'000;
  unsigned uidCount = 4096;         // also the most sandboxes at a time
  unsigned reserve = 4;             // sandboxes built ahead of requests
  std::uint64_t memory = 0;         // bytes of all sandboxes together; 0 = as much as there is
  bool withoutLimits = false;       // functions may run where control groups cannot be had
  std::string zygoteLibrary;        // openfc-zygote.so
  std::vector<Program> programs;    // are held ready, to be copied; at most 256
  unsigned copies = 500;            // of one prepared process, until another takes its place
  std::vector<std::string> shares;  // directories that adoptions may mount, by their number
  unsigned sharePatience = 5000;    // milliseconds until one that does not answer is refused
  std::string trusted;              // a certificate (PEM) that programs in sandboxes trust
  std::vector<std::string>
      networkFlags;  // "--network-range", "198.18.0.0/15", …; empty = no internet
};

/// A launcher that is set up and waits for requests.
struct Connection {
  Fd socket;
  pid_t process = 0;
  std::vector<std::string> shortcomings;
  std::vector<Program> programs;
  /// Listening sockets on which sandboxes reach the server by its own names: HTTP and TLS, or none.
  std::vector<Fd> door;
};

/// Starts the launcher and waits until it is ready. Needs root; call it on the main thread, before
/// the server drops its privileges. Throws std::runtime_error with the launcher's reason.
Connection start(const StartOptions& options);

/// The server's side of the launcher. Belongs to the loop. Its destructor ends the launcher, and so
/// every sandbox.
class Client final : public Factory {
public:
  Client(net::EventLoop& loop, Connection connection);
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Task<std::unique_ptr<Sandbox>> create(Shape shape) override;
  std::vector<std::string> shortcomings() const override { return shortcomings_; }
  bool healthy() const override;
  /// The launcher's process, for tests and diagnosis.
  pid_t process() const { return process_; }

private:
  std::shared_ptr<class Conversation> conversation_;
  pid_t process_;
  std::vector<std::string> shortcomings_;
  std::shared_ptr<const std::vector<Program>> programs_;
};

}  // namespace openfc::sandbox::launcher
