#pragma once

#include "base/fd.h"
#include "net/event_loop.h"
#include "runtime/worker.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace openfc::runtime {

/// How long a server may take until its port accepts (runtime-contract 3.1).
inline constexpr std::chrono::seconds usualStartLimit{120};

/// The user's HTTP server on caPort. Belongs to the loop. Connections are kept alive and used
/// again, as many as instanceConcurrency. When the process ends while a call is under way, its
/// connection ends: Gone.
class CustomWorker final : public Worker {
public:
  /// `socket` makes an unconnected, non-blocking TCP socket inside the instance's network
  /// (Sandbox::socket); `logs` returns what the process has printed lately, for the messages about
  /// a server that does not start.
  CustomWorker(net::EventLoop& loop, std::function<Task<Fd>()> socket,
               std::function<std::string()> logs, std::size_t resultLimit = usualResultLimit,
               std::chrono::seconds startLimit = usualStartLimit);
  ~CustomWorker() override;

  /// To be called when the process has ended, with the wait status of the sandbox's init: what
  /// waits for the port then fails at once, and every later call is Gone.
  void ended(int waitStatus) override;
  /// Closes idle connections. To be called before the instance is frozen: its server would close
  /// them late, with the next request already on its way.
  void rest() override;

  /// Waits until caPort accepts, the process has ended, or the start limit is over.
  Task<Reply> load(Configuration configuration) override;
  bool limitsLoad() const override { return true; }
  Task<Reply> initialize(Call call) override;
  Task<Reply> invoke(Call call) override;
  Task<Reply> run(Hook hook, Call call) override;
  bool alive() const override;

private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the tasks under way, which may outlive the worker
};

}  // namespace openfc::runtime
