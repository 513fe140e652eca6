#include "store/sqlite/writer.h"

#include <utility>

namespace openfc::store::sqlite {

Writer::Writer(Committer& committer, std::function<void(Batch)> decided)
    : committer_(committer), decided_(std::move(decided)), thread_([this] { serve(); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Writer::add(std::shared_ptr<Request> request) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(request));
  }
  wake_.notify_one();
}

Batch Writer::next() {
  std::unique_lock lock(mutex_);
  wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
  return std::exchange(queue_, {});
}

void Writer::serve() {
  while (true) {
    Batch batch = next();
    if (batch.empty()) return;
    committer_.run(batch);
    decided_(std::move(batch));
    committer_.checkpointIfDue();
  }
}

}  // namespace openfc::store::sqlite
