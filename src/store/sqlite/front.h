#pragma once

#include "store/documents.h"
#include "store/sqlite/cache.h"
#include "store/sqlite/committer.h"

#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace openfc::store::sqlite {

/// The loop's side of commits: keeps the cache true, tells the watchers, resumes the waiters, knows
/// whether writing works. Loop thread only. Shared with batches on their way to the loop, which may
/// arrive after the store was closed.
class Front {
public:
  /// `failed` is called when writing turns out not to work, or still not to.
  Front(std::size_t cacheBytes, std::function<void()> failed)
      : cache_(cacheBytes), failed_(std::move(failed)) {}

  Cache& cache() { return cache_; }

  void watch(std::string prefix, std::function<void(const Change&)> function);
  bool healthy() const { return reason_.empty(); }
  /// Why writing does not work; "" = it does.
  const std::string& reason() const { return reason_; }
  /// Why, where it is that no space is left.
  bool full() const { return full_; }
  /// Before the committer gets the request.
  void handIn(Request& request);
  /// First the watchers, then the waiter, request by request in the order of revisions.
  void deliver(const Batch& batch);
  /// Watchers hear nothing any more; waiters still get their answers.
  void close();

private:
  struct Watcher {
    std::string prefix;
    std::function<void(const Change&)> function;
  };
  void settle(Request& request);
  bool watched(std::string_view key) const;
  void tell(const std::vector<Change>& changes);
  void noteHealth(const Batch& batch);

  Cache cache_;
  std::function<void()> failed_;
  std::deque<Watcher> watchers_;  // a watcher may add another one while it is called
  std::string reason_;
  bool full_ = false;
  bool closed_ = false;
};

}  // namespace openfc::store::sqlite
