#include "store/sqlite/front.h"

#include "base/log.h"

#include <algorithm>
#include <set>
#include <utility>

namespace openfc::store::sqlite {
namespace {

bool wrote(const Request& request) {
  return request.probe || std::ranges::any_of(request.operations, [](const Operation& operation) {
           return operation.kind != Operation::Kind::check;
         });
}

/// One change a key; the last operation on it counts.
std::vector<Change> changesOf(const Request& request) {
  std::vector<Change> changes;
  std::set<std::string_view> seen;
  for (const Operation& operation : request.operations) {
    if (operation.kind == Operation::Kind::check) continue;
    Change change{operation.key, std::nullopt, **request.result};
    if (operation.kind == Operation::Kind::put) change.value = operation.value;
    if (seen.insert(operation.key).second) {
      changes.push_back(std::move(change));
    } else {
      *std::ranges::find(changes, operation.key, &Change::key) = std::move(change);
    }
  }
  return changes;
}

void call(const std::function<void(const Change&)>& watcher, const Change& change) {
  try {
    watcher(change);
  } catch (const std::exception& failure) {
    log::error("a watcher of the store failed", {{"key", change.key}, {"reason", failure.what()}});
  }
}

}  // namespace

void Front::watch(std::string prefix, std::function<void(const Change&)> function) {
  watchers_.emplace_back(std::move(prefix), std::move(function));
}

void Front::handIn(Request& request) {
  request.touched = touchedBy(request.operations);
  cache_.begin(request.touched);
}

void Front::deliver(const Batch& batch) {
  noteHealth(batch);
  for (const auto& request : batch) {
    settle(*request);
    if (const auto waiter = std::exchange(request->waiter, {})) waiter.resume();
  }
}

void Front::close() {
  closed_ = true;
  failed_ = nullptr;
}

/// What was written is likely to be read next.
void Front::settle(const Request& request) {
  cache_.end(request.touched);
  const std::optional<Committed>& result = request.result;
  if (!result || !*result || request.operations.empty()) return;
  const std::vector<Change> changes = changesOf(request);
  for (const Change& change : changes) {
    if (change.value) cache_.keep({change.key, *change.value, change.revision});
  }
  tell(changes);
}

void Front::tell(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    for (std::size_t i = 0; i < watchers_.size() && !closed_; ++i) {
      if (change.key.starts_with(watchers_[i].prefix)) call(watchers_[i].function, change);
    }
  }
}

void Front::noteHealth(const Batch& batch) {
  if (batch.front()->failure.empty()) {
    const bool proof = std::ranges::any_of(
        batch, [](const auto& request) { return *request->result && wrote(*request); });
    if (proof && !healthy()) log::info("the store can write again");
    if (proof) reason_.clear();
    return;
  }
  if (healthy()) log::error("the store cannot write", {{"reason", batch.front()->failure}});
  reason_ = batch.front()->failure;
  full_ = batch.front()->full;
  if (failed_) failed_();
}

}  // namespace openfc::store::sqlite
