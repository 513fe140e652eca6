#pragma once

#include "store/documents.h"
#include "store/history.h"
#include "store/test_loop.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <vector>

/// The clients that the conformance suite of Documents runs beside each other.
namespace openfc::store {

/// One client of the linearizability test: random conditional writes with what it last saw of a
/// key.
template <class Random>
Task<> conditionalWrites(Documents& documents, std::array<std::vector<Call>, 5>& histories,
                         std::size_t& events, Random random, int& left) {
  std::array<Revision, 5> last{};
  for (int i = 0; i < 60; ++i) {
    const std::size_t key = random() % last.size();
    const std::string name = "key" + std::to_string(key);
    Call call;
    if (const auto choice = random() % 10; choice < 4) {
      call.kind = last[key] == 0 ? Call::Kind::create : Call::Kind::update;
    } else if (choice < 5 && last[key] != 0) {
      call.kind = Call::Kind::erase;
    }
    call.expected = last[key];
    call.began = events++;
    if (call.kind == Call::Kind::read) {
      const auto document = co_await documents.find(name);
      call.revision = document ? document->revision : 0;
    } else {
      const Expect expect = last[key] == 0 ? Expect::absent() : Expect::at(last[key]);
      std::vector<Operation> operations;
      operations.push_back(call.kind == Call::Kind::erase ? erase(name, expect)
                                                          : put(name, "v", expect));
      const Committed committed = co_await documents.commit(std::move(operations));
      call.accepted = committed.has_value();
      call.revision = committed.value_or(0);
    }
    call.ended = events++;
    if (call.accepted) last[key] = call.kind == Call::Kind::erase ? 0 : call.revision;
    histories[key].push_back(call);
  }
  --left;
}

/// What the test of two keys knows, which are always written together.
struct Twins {
  int writers = 0;
  int readers = 0;
  std::size_t changes = 0;  // that a reader saw
  std::string wrong;
};

inline Task<> writeTwins(Documents& documents, Loop& loop, Twins& twins, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    std::vector<Operation> operations;
    if (i % 5 == 4) operations.push_back(eraseUnder("t/"));
    operations.push_back(put("t/a", "v"));
    operations.push_back(put("t/b", "v"));
    (void)co_await documents.commit(std::move(operations));
    co_await sleepFor(loop, Duration::zero());  // lets others read between two writes
  }
  --twins.writers;
}

/// Reads them one after the other, the first one alone or in a page: what was seen of one is never
/// newer than what is then seen of the other.
inline Task<> readTwins(Documents& documents, Loop& loop, Twins& twins) {
  Revision last = 0;
  for (std::size_t i = 0; twins.writers > 0 && twins.wrong.empty(); ++i) {
    const std::string first = i % 2 == 0 ? "t/a" : "t/b";
    const std::string second = i % 2 == 0 ? "t/b" : "t/a";
    Revision seen = 0;
    if (i % 4 < 2) {
      seen = (co_await documents.find(first)).value_or(Document()).revision;
    } else {
      const auto page = co_await documents.page(first, "", 1);
      seen = page.empty() ? 0 : page[0].revision;
    }
    const Revision then = (co_await documents.find(second)).value_or(Document()).revision;
    if (seen < last || then < seen) twins.wrong = "a reader went back";
    if (then > last) ++twins.changes;
    last = then;
    if (i % 16 == 0) co_await sleepFor(loop, Duration::zero());
  }
  --twins.readers;
}

/// What the test of pages knows: names `stay/<n>` are always there; of each pair `pair/<n>/a` and
/// `pair/<n>/b` exactly one is; `loose/<n>` come and go as they like.
struct Comings {
  static constexpr int count = 12;
  int writers = 0;
  int walkers = 0;
  std::size_t walks = 0;
  std::string wrong;
};

/// Moves pairs and loose names to and fro, each step one transaction.
template <class Random>
Task<> comeAndGo(Documents& documents, Comings& comings, Random random, int rounds) {
  for (int i = 0; i < rounds; ++i) {
    const std::string number = std::to_string(random() % Comings::count);
    const std::string pair = "n/pair/" + number;
    const bool toB = (random() & 1) != 0;
    const std::string from = pair + (toB ? "/a" : "/b");
    const std::string to = pair + (toB ? "/b" : "/a");
    std::vector<Operation> operations;
    operations.push_back(erase(from, Expect::present()));
    operations.push_back(put(to, "v"));
    const std::string loose = "n/loose/" + number;
    operations.push_back((random() & 1) != 0 ? put(loose, "v") : erase(loose));
    (void)co_await documents.commit(std::move(operations));
  }
  --comings.writers;
}

/// Why one snapshot is none: "" = nothing is wrong with it.
inline std::string wrongOf(const std::vector<Document>& all) {
  std::array<int, Comings::count> pairs{};
  int stays = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string& key = all[i].key;
    if (i > 0 && !(all[i - 1].key < key)) return "not ascending at " + key;
    if (key.starts_with("n/stay/")) ++stays;
    if (key.starts_with("n/pair/")) ++pairs.at(std::stoul(key.substr(7)));
  }
  if (stays != Comings::count) return "a name that was always there is missing";
  return std::ranges::all_of(pairs, [](int both) { return both == 1; }) ? "" : "half a transaction";
}

/// Reads the whole list, page by page, until the writers are done: each page begins at the key that
/// the page before told to be next.
inline Task<> walk(Documents& documents, Loop& loop, Comings& comings, std::size_t limit) {
  while (comings.writers > 0 && comings.wrong.empty()) {
    comings.wrong = wrongOf(co_await documents.page("n/", "", 1000));
    std::vector<std::string> seen;
    std::string from;
    do {
      co_await sleepFor(loop, Duration::zero());  // lets others write between two pages
      auto found = co_await documents.page("n/", from, limit + 1);
      from = found.size() > limit ? found.back().key : "";
      if (!from.empty()) found.pop_back();
      for (const Document& document : found) seen.push_back(document.key);
    } while (!from.empty());
    const auto stays = std::ranges::count_if(
        seen, [](const std::string& key) { return key.starts_with("n/stay/"); });
    if (stays != Comings::count) comings.wrong = "a walk lost or repeated a name";
    if (std::ranges::adjacent_find(seen, std::ranges::greater_equal()) != seen.end())
      comings.wrong = "a walk went back";
    ++comings.walks;
  }
  --comings.walkers;
}

}  // namespace openfc::store
