#include "base/workers.h"

#include <algorithm>

namespace openfc {
namespace {

Workers::Threads same(std::size_t threads) {
  Workers::Threads all{};
  all.fill(threads);
  return all;
}

}  // namespace

Workers::Workers(const Threads& threads) {
  for (std::size_t lane = 0; lane < laneCount; ++lane) queues_[lane].most = threads[lane];
}

Workers::Workers(std::size_t threads) : Workers(same(threads)) {}

Workers::~Workers() { stop(); }

void Workers::post(Lane lane, const std::string& account, Loop::Function function) {
  enqueue(lane, account, [function = std::move(function)](Fate fate) mutable {
    if (fate == Fate::run) function();
  });
}

void Workers::enqueue(Lane lane, const std::string& account, Job job) {
  Queue& queue = queues_[static_cast<std::size_t>(lane)];
  {
    const std::lock_guard lock(mutex_);
    if (!stop_.stop_requested()) {
      std::deque<Job>& waiting = queue.accounts[account].waiting;
      if (waiting.empty()) queue.turns.push_back(account);
      waiting.push_back(std::move(job));
      if (++queue.pending > queue.idle && queue.threads.size() < queue.most) {
        queue.threads.emplace_back([this, &queue] { serve(queue); });
      } else {
        queue.wake.notify_one();
      }
      return;
    }
  }
  job(Fate::dropped);
}

void Workers::stop() {
  std::vector<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    stop_.request_stop();
    for (Queue& queue : queues_) {
      queue.turns.clear();
      queue.pending = 0;
      for (auto& [name, account] : queue.accounts) {
        std::ranges::move(account.waiting, std::back_inserter(dropped));
        account.waiting.clear();
      }
      queue.wake.notify_all();
    }
  }
  for (Job& job : dropped) job(Fate::dropped);
  for (Queue& queue : queues_) {
    for (std::thread& thread : queue.threads) thread.join();
    queue.threads.clear();
  }
}

/// Of a lane's threads one account leaves one to the others.
std::size_t Workers::share(const Queue& queue) { return std::max<std::size_t>(queue.most, 2) - 1; }

/// The account that has waited longest of those that may have one more thread.
std::deque<std::string>::iterator Workers::nextTurn(Queue& queue) {
  return std::ranges::find_if(queue.turns, [&queue](const std::string& account) {
    return queue.accounts[account].running < share(queue);
  });
}

void Workers::serve(Queue& queue) {
  std::unique_lock lock(mutex_);
  while (true) {
    auto turn = nextTurn(queue);
    while (turn == queue.turns.end()) {
      if (stop_.stop_requested()) return;
      ++queue.idle;
      queue.wake.wait(lock);
      --queue.idle;
      turn = nextTurn(queue);
    }
    const auto account = queue.accounts.find(*turn);
    queue.turns.erase(turn);
    --queue.pending;
    Job job = std::move(account->second.waiting.front());
    account->second.waiting.pop_front();
    if (!account->second.waiting.empty()) queue.turns.push_back(account->first);
    ++account->second.running;
    lock.unlock();
    job(Fate::run);
    job = nullptr;
    lock.lock();
    if (--account->second.running == 0 && account->second.waiting.empty())
      queue.accounts.erase(account);
  }
}

}  // namespace openfc
