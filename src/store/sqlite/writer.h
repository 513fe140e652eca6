#pragma once

#include "store/sqlite/committer.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace openfc::store::sqlite {

/// The one thread that writes. Each round takes everything that queued while the round before was
/// being fsynced, without waiting for more. The destructor commits what is queued.
class Writer {
public:
  /// `decided` is called on the writer's thread with each finished batch. `committer` outlives
  /// this.
  Writer(Committer& committer, std::function<void(Batch)> decided);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void add(std::shared_ptr<Request> request);

private:
  void serve();
  /// What has come meanwhile; waits for something. Empty: the end.
  Batch next();

  Committer& committer_;
  std::function<void(Batch)> decided_;
  std::mutex mutex_;
  std::condition_variable wake_;
  Batch queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace openfc::store::sqlite
