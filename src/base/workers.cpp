#include "base/workers.h"

namespace openfc {

Workers::Workers(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

Workers::~Workers() { stop(); }

void Workers::post(Loop::Function function) {
  enqueue([function = std::move(function)](Fate fate) mutable {
    if (fate == Fate::run) function();
  });
}

void Workers::enqueue(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (!stop_.stop_requested()) {
      queue_.push_back(std::move(job));
      wake_.notify_one();
      return;
    }
  }
  job(Fate::dropped);
}

void Workers::stop() {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    dropped.swap(queue_);
    stop_.request_stop();
  }
  wake_.notify_all();
  for (Job& job : dropped) job(Fate::dropped);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Workers::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stop_.stop_requested() || !queue_.empty(); });
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job(Fate::run);
    job = nullptr;
    lock.lock();
  }
}

}  // namespace openfc
