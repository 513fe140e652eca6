#pragma once

#include "store/documents.h"
#include "store/sqlite/committer.h"

#include <deque>
#include <functional>
#include <string>

namespace openfc::store::sqlite {

/// The loop's side of commits: tells the watchers, resumes the waiters, knows whether writing
/// works. Loop thread only. Shared with batches on their way to the loop, which may arrive after
/// the store was closed.
class Front {
public:
  /// `failed` is called when writing turns out not to work, or still not to.
  explicit Front(std::function<void()> failed) : failed_(std::move(failed)) {}

  void watch(std::string prefix, std::function<void(const Change&)> function);
  bool healthy() const { return reason_.empty(); }
  /// Why writing does not work; "" = it does.
  const std::string& reason() const { return reason_; }
  /// First the watchers, then the waiter, request by request in the order of revisions.
  void deliver(const Batch& batch);
  /// Watchers hear nothing any more; waiters still get their answers.
  void close();

private:
  struct Watcher {
    std::string prefix;
    std::function<void(const Change&)> function;
  };
  void tell(const Request& request);
  void noteHealth(const Batch& batch);

  std::function<void()> failed_;
  std::deque<Watcher> watchers_;  // a watcher may add another one while it is called
  std::string reason_;
  bool closed_ = false;
};

}  // namespace openfc::store::sqlite
