#include "invoke/async_records.h"

#include "base/error.h"

#include <fmt/core.h>

#include <algorithm>

namespace openfc::invoke {
namespace {

using model::StatefulInvocation;

constexpr std::size_t scanned = 200;  // index entries between two turns of other requests
constexpr std::size_t timeDigits = 16;
constexpr std::int64_t latest = 9'999'999'999'999'999;

std::string scopeText(const RecordScope& scope) {
  return fmt::format("{}/{}/{}/{}/", scope.account, scope.service, scope.qualifier, scope.function);
}

std::string recordKey(const RecordScope& scope, std::string_view id) {
  return fmt::format("{}{}{}", allRecordsPrefix, scopeText(scope), id);
}
std::string payloadKey(const RecordScope& scope, std::string_view id) {
  return fmt::format("stateful-payload/{}{}", scopeText(scope), id);
}
std::string resultKey(const RecordScope& scope, std::string_view id) {
  return fmt::format("stateful-result/{}{}", scopeText(scope), id);
}

std::string timeText(std::int64_t milliseconds) {
  return fmt::format("{:016}", std::clamp<std::int64_t>(milliseconds, 0, latest));
}

std::string timePrefix(const RecordScope& scope) { return "stateful-time/" + scopeText(scope); }
std::string statusPrefix(const RecordScope& scope, std::string_view status) {
  return fmt::format("stateful-status/{}{}/", scopeText(scope), status);
}

std::string placeOf(const StatefulInvocation& record) {
  return timeText(record.startedTime) + "/" + record.invocationId;
}

/// A token is the place of the first record of its page, with a dot for the slash.
std::string tokenOf(std::string_view place) {
  std::string token(place);
  token[timeDigits] = '.';
  return token;
}

std::string placeIn(const std::string& token) {
  const bool sound =
      token.size() > timeDigits + 1 && token[timeDigits] == '.' &&
      std::ranges::all_of(token.substr(0, timeDigits), [](char c) { return c >= '0' && c <= '9'; });
  if (!sound) throw invalidArgument("nextToken is not one of this list");
  std::string place = token;
  place[timeDigits] = '/';
  return place;
}

/// One walk along an index between two places.
struct Walk {
  std::string prefix;
  std::string from;
  std::string last;  // the place to end at, inclusive
  bool down = false;

  bool isBehind(std::string_view place) const { return down ? place < last : place > last; }
};

Walk walkOf(const RecordScope& scope, const RecordQuery& query) {
  Walk walk{.prefix = query.status ? statusPrefix(scope, nameOf(*query.status)) : timePrefix(scope),
            .from = {},
            .last = {},
            .down = query.order == RecordQuery::Order::newestFirst};
  const std::string lowest = timeText(query.startedTimeBegin) + "/";
  const std::string highest = timeText(query.startedTimeEnd) + "/\xff";
  walk.from = walk.down ? highest : lowest;
  walk.last = walk.down ? lowest : highest;
  if (!query.nextToken.empty()) {
    const std::string place = placeIn(query.nextToken);
    walk.from = walk.down ? std::min(walk.from, place) : std::max(walk.from, place);
  }
  return walk;
}

RecordPage continued(RecordPage page, std::string_view place) {
  page.nextToken = tokenOf(place);
  return page;
}

}  // namespace

Task<std::optional<StoredRecord>> AsyncRecords::find(RecordScope scope, std::string id) {
  const auto document = co_await documents_.find(recordKey(scope, id));
  if (!document) co_return std::nullopt;
  co_return StoredRecord{model::fromDocument<StatefulInvocation>(document->value),
                         document->revision};
}

Task<std::string> AsyncRecords::payload(RecordScope scope, std::string id) {
  auto document = co_await documents_.find(payloadKey(scope, id));
  co_return document ? std::move(document->value) : std::string();
}

Task<std::string> AsyncRecords::result(RecordScope scope, std::string id) {
  auto document = co_await documents_.find(resultKey(scope, id));
  co_return document ? std::move(document->value) : std::string();
}

Task<RecordPage> AsyncRecords::list(RecordScope scope, RecordQuery query) {
  const Walk walk = walkOf(scope, query);
  std::string from = walk.prefix + walk.from;
  RecordPage out;
  std::size_t seen = 0;
  for (;;) {
    const auto found = walk.down ? co_await documents_.pageDown(walk.prefix, from, scanned)
                                 : co_await documents_.page(walk.prefix, from, scanned);
    // The last entry of a full page is where the next one begins.
    const bool more = found.size() == scanned;
    for (std::size_t i = 0; i < found.size() - (more ? 1 : 0); ++i) {
      const std::string_view place = std::string_view(found[i].key).substr(walk.prefix.size());
      if (walk.isBehind(place)) co_return out;
      const std::string_view id = place.substr(timeDigits + 1);
      if (!id.starts_with(query.idPrefix)) continue;
      if (out.records.size() == query.limit) co_return continued(std::move(out), place);
      auto record = co_await find(scope, std::string(id));
      // What was removed or went on to another status since the index was read is left out.
      if (!record || (query.status && record->value.status != nameOf(*query.status))) continue;
      out.records.push_back(std::move(record->value));
    }
    if (!more) co_return out;
    seen += scanned;
    if (seen >= maxScanned) {
      out.nextToken = tokenOf(std::string_view(found.back().key).substr(walk.prefix.size()));
      co_return out;
    }
    from = found.back().key;
    co_await sleepFor(loop_, Duration::zero());
  }
}

std::vector<store::Operation> AsyncRecords::creation(const RecordScope& scope,
                                                     const StatefulInvocation& record,
                                                     std::string payload) {
  const std::string place = placeOf(record);
  std::vector<store::Operation> out;
  out.push_back(store::put(recordKey(scope, record.invocationId), model::toDocument(record),
                           store::Expect::absent()));
  if (!payload.empty())
    out.push_back(store::put(payloadKey(scope, record.invocationId), std::move(payload)));
  out.push_back(store::put(timePrefix(scope) + place, ""));
  out.push_back(store::put(statusPrefix(scope, record.status) + place, ""));
  return out;
}

std::vector<store::Operation> AsyncRecords::change(const RecordScope& scope,
                                                   const StoredRecord& before,
                                                   const StatefulInvocation& after) {
  std::vector<store::Operation> out;
  out.push_back(store::put(recordKey(scope, after.invocationId), model::toDocument(after),
                           store::Expect::at(before.revision)));
  if (before.value.status != after.status) {
    out.push_back(store::erase(statusPrefix(scope, before.value.status) + placeOf(before.value)));
    out.push_back(store::put(statusPrefix(scope, after.status) + placeOf(after), ""));
  }
  return out;
}

store::Operation AsyncRecords::resultOf(const RecordScope& scope, std::string_view id,
                                        std::string result) {
  return store::put(resultKey(scope, id), std::move(result));
}

std::vector<store::Operation> AsyncRecords::removal(const RecordScope& scope,
                                                    const StoredRecord& record) {
  const std::string& id = record.value.invocationId;
  const std::string place = placeOf(record.value);
  std::vector<store::Operation> out;
  out.push_back(store::erase(recordKey(scope, id), store::Expect::at(record.revision)));
  out.push_back(store::erase(payloadKey(scope, id)));
  out.push_back(store::erase(resultKey(scope, id)));
  out.push_back(store::erase(timePrefix(scope) + place));
  out.push_back(store::erase(statusPrefix(scope, record.value.status) + place));
  return out;
}

}  // namespace openfc::invoke
