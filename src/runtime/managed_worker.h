#pragma once

#include "net/stream.h"
#include "runtime/worker.h"

#include <cstddef>
#include <functional>
#include <memory>

namespace openfc::runtime {

/// A bootstrap of runtimes/ at the other end of a Unix socket. Belongs to the stream's loop. The
/// user's code shares the process with the bootstrap, so the process is not trusted: whatever
/// breaks the protocol ends the conversation with Gone. Several calls may be under way at the same
/// time.
class ManagedWorker final : public Worker {
public:
  explicit ManagedWorker(std::unique_ptr<net::Stream> control,
                         std::size_t resultLimit = usualResultLimit);
  ~ManagedWorker() override;

  Task<Reply> warmed() override;

  Task<Reply> load(Configuration configuration) override;
  Task<Reply> initialize(Call call) override;
  Task<Reply> invoke(Call call) override;
  Task<Reply> run(Hook hook, Call call) override;

  bool alive() const override;
  /// Calls `function` once when the conversation ends (at once if it has), after those who wait got
  /// their Gone.
  void onGone(std::function<void(const Gone&)> function);

private:
  struct Conversation;
  std::shared_ptr<Conversation>
      conversation_;  // shared with the reading task, which may outlive the worker
  std::size_t resultLimit_;
};

}  // namespace openfc::runtime
