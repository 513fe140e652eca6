#include "store/sqlite/cache.h"

#include <algorithm>
#include <utility>

namespace openfc::store::sqlite {
namespace {

/// What an entry costs beside its texts: nodes, their headers, ends of allocations.
constexpr std::size_t overhead = 320;
/// A document of a larger part of the whole would push out too much.
constexpr std::size_t part = 4;

std::size_t costOf(std::string_view key, std::string_view value) {
  return key.size() + value.size() + overhead;
}

}  // namespace

Touched touchedBy(const std::vector<Operation>& operations) {
  using Kind = Operation::Kind;
  Touched touched;
  for (const Operation& operation : operations) {
    if (operation.kind == Kind::check) continue;
    const bool all = operation.kind == Kind::eraseUnder;
    (all ? touched.prefixes : touched.keys).push_back(operation.key);
  }
  return touched;
}

std::optional<Document> Cache::find(std::string_view key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  Entry& entry = found->second->second;
  entry.used = true;
  return Document{std::string(key), entry.value, entry.revision};
}

void Cache::keep(Document document) {
  const std::size_t cost = costOf(document.key, document.value);
  if (cost > limit_ / part || onItsWay(document.key)) return;
  const auto [entry, isNew] = entries_.try_emplace(document.key);
  if (isNew) {
    index_.emplace(entry->first, entry);
    entry->second.turn = turns_.insert(turns_.end(), entry);
  } else {
    bytes_ -= costOf(entry->first, entry->second.value);
  }
  entry->second.value = std::move(document.value);
  entry->second.revision = document.revision;
  bytes_ += cost;
  makeRoom();
}

/// What was used since its last turn gets another one.
void Cache::makeRoom() {
  while (bytes_ > limit_) {
    const auto first = turns_.front();
    if (std::exchange(first->second.used, false)) {
      turns_.splice(turns_.end(), turns_, turns_.begin());
    } else {
      erase(first);
    }
  }
}

void Cache::begin(const Touched& touched) {
  for (const std::string& key : touched.keys) {
    ++keys_[key];
    if (const auto entry = entries_.find(key); entry != entries_.end()) erase(entry);
  }
  for (const std::string& prefix : touched.prefixes) {
    prefixes_.push_back(prefix);
    for (auto entry = entries_.lower_bound(prefix);
         entry != entries_.end() && entry->first.starts_with(prefix);) {
      erase(entry++);
    }
  }
}

void Cache::end(const Touched& touched) {
  for (const std::string& key : touched.keys) {
    const auto count = keys_.find(key);
    if (--count->second == 0) keys_.erase(count);
  }
  for (const std::string& prefix : touched.prefixes) {
    prefixes_.erase(std::ranges::find(prefixes_, prefix));
  }
}

bool Cache::onItsWay(std::string_view key) const {
  return keys_.contains(key) || std::ranges::any_of(prefixes_, [key](const std::string& prefix) {
           return key.starts_with(prefix);
         });
}

void Cache::erase(Entries::iterator entry) {
  bytes_ -= costOf(entry->first, entry->second.value);
  index_.erase(entry->first);
  turns_.erase(entry->second.turn);
  entries_.erase(entry);
}

}  // namespace openfc::store::sqlite
