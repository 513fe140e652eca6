#include "store/sqlite/front.h"

#include "base/log.h"

#include <algorithm>
#include <map>
#include <utility>

namespace openfc::store::sqlite {
namespace {

bool wrote(const Request& request) {
  return request.probe || std::ranges::any_of(request.operations, [](const Operation& operation) {
           return operation.kind != Operation::Kind::check;
         });
}

/// The last operation on each key, which counts, in the order of the first ones.
std::vector<Operation*> lastWrites(std::vector<Operation>& operations) {
  std::vector<Operation*> writes;
  std::map<std::string_view, std::size_t> places;
  for (Operation& operation : operations) {
    if (operation.kind == Operation::Kind::check) continue;
    const auto [place, isNew] = places.try_emplace(operation.key, writes.size());
    if (isNew) {
      writes.push_back(&operation);
    } else {
      writes[place->second] = &operation;
    }
  }
  return writes;
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

/// What was written is likely to be read next: the cache gets it, and watchers a copy of what they
/// watch.
void Front::settle(Request& request) {
  cache_.end(request.touched);
  const std::optional<Committed>& result = request.result;
  if (!result || !*result) return;
  std::vector<Change> changes;
  for (Operation* write : lastWrites(request.operations)) {
    const bool puts = write->kind == Operation::Kind::put;
    if (watched(write->key)) {
      changes.push_back({write->key, std::nullopt, **result});
      if (puts) changes.back().value = write->value;
    }
    if (puts) cache_.keep({std::move(write->key), std::move(write->value), **result});
  }
  tell(changes);
}

bool Front::watched(std::string_view key) const {
  return std::ranges::any_of(
      watchers_, [key](const Watcher& watcher) { return key.starts_with(watcher.prefix); });
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
