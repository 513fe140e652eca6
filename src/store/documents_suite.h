#pragma once

#include "store/documents.h"
#include "store/documents_clients.h"
#include "store/history.h"
#include "store/test_loop.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

/// What every driver of Documents must do. A driver's test instantiates it with a Factory that has
/// `std::unique_ptr<Documents> open(Loop&)`, each object for an empty store of its own:
///   INSTANTIATE_TYPED_TEST_SUITE_P(SqliteFile, DocumentsSuite, SqliteFileFactory);
namespace openfc::store {

template <class Factory>
class DocumentsSuite : public testing::Test {
protected:
  void SetUp() override { documents_ = factory_.open(loop_); }

  Committed commit(std::vector<Operation> operations) {
    return loop_.await(documents_->commit(std::move(operations)));
  }
  Revision write(std::string key, std::string value) {
    return commit({put(std::move(key), std::move(value))}).value();
  }
  std::optional<Document> find(std::string key) {
    return loop_.await(documents_->find(std::move(key)));
  }
  std::string valueOf(std::string key) {
    const auto document = find(std::move(key));
    return document ? document->value : "(absent)";
  }
  std::string keysOf(std::string prefix, std::string from, std::size_t limit) {
    std::string keys;
    for (const Document& document :
         loop_.await(documents_->page(std::move(prefix), std::move(from), limit))) {
      keys += (keys.empty() ? "" : " ") + document.key;
    }
    return keys;
  }

  std::string keysDown(std::string prefix, std::string from, std::size_t limit) {
    std::string keys;
    for (const Document& document :
         loop_.await(documents_->pageDown(std::move(prefix), std::move(from), limit))) {
      keys += (keys.empty() ? "" : " ") + document.key;
    }
    return keys;
  }

  Factory factory_;
  TestLoop loop_;
  std::unique_ptr<Documents> documents_;
};

TYPED_TEST_SUITE_P(DocumentsSuite);

TYPED_TEST_P(DocumentsSuite, FindsWhatWasPut) {
  const std::string binary("\0\xff\n", 3);

  const Revision first = this->write("a", "1");
  const Revision second = this->write(binary, binary);
  this->write("empty", "");

  EXPECT_GT(first, 0u);
  EXPECT_GT(second, first);
  EXPECT_EQ(this->find("a")->value, "1");
  EXPECT_EQ(this->find("a")->revision, first);
  EXPECT_EQ(this->valueOf(binary), binary);
  EXPECT_EQ(this->valueOf("empty"), "");
  EXPECT_FALSE(this->find("b"));
}

TYPED_TEST_P(DocumentsSuite, CreatesOnlyWhatIsAbsent) {
  EXPECT_TRUE(this->commit({put("a", "1", Expect::absent())}));
  const Committed again = this->commit({put("a", "2", Expect::absent())});

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().operation, 0u);
  EXPECT_EQ(this->valueOf("a"), "1");
}

TYPED_TEST_P(DocumentsSuite, UpdatesOnlyTheExpectedRevision) {
  const Revision first = this->write("a", "1");
  const Committed second = this->commit({put("a", "2", Expect::at(first))});

  ASSERT_TRUE(second);
  EXPECT_GT(*second, first);
  EXPECT_FALSE(this->commit({put("a", "3", Expect::at(first))}));
  EXPECT_FALSE(this->commit({put("b", "3", Expect::at(first))}));
  EXPECT_EQ(this->valueOf("a"), "2");
}

TYPED_TEST_P(DocumentsSuite, ErasesOnlyTheExpectedRevision) {
  const Revision first = this->write("a", "1");

  EXPECT_FALSE(this->commit({erase("a", Expect::at(first + 1))}));
  EXPECT_TRUE(this->find("a"));
  EXPECT_TRUE(this->commit({erase("a", Expect::at(first))}));
  EXPECT_FALSE(this->find("a"));
  EXPECT_FALSE(this->commit({erase("a", Expect::at(first))}));
  EXPECT_TRUE(this->commit({erase("a")}));
}

TYPED_TEST_P(DocumentsSuite, GivesARecreatedDocumentAnotherRevision) {
  const Revision first = this->write("a", "1");
  this->commit({erase("a")});

  EXPECT_GT(this->write("a", "1"), first);
}

TYPED_TEST_P(DocumentsSuite, ErasesTheParentOnlyWhenNothingIsUnderIt) {
  this->write("service/s", "s");
  this->write("function/s/f", "f");
  this->write("function/sx/f", "f");
  const std::vector<Operation> eraseService = {require("function/s/", Expect::nothingUnder()),
                                               erase("service/s")};

  const Committed refused = this->commit(eraseService);
  this->commit({erase("function/s/f")});
  const Committed accepted = this->commit(eraseService);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().operation, 0u);
  EXPECT_TRUE(accepted);
  EXPECT_FALSE(this->find("service/s"));
}

TYPED_TEST_P(DocumentsSuite, CommitsAllOperationsOrNone) {
  const Revision first = this->write("a", "1");

  const Committed refused = this->commit(
      {put("b", "1", Expect::absent()), put("a", "2", Expect::at(first + 7)), put("c", "1")});
  const Committed accepted =
      this->commit({put("b", "1"), put("a", "2", Expect::at(first)), erase("c")});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().operation, 1u);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(this->find("a")->revision, *accepted);
  EXPECT_EQ(this->find("b")->revision, *accepted);
  EXPECT_FALSE(this->find("c"));
}

TYPED_TEST_P(DocumentsSuite, ChecksConditionsAgainstTheStateBeforeTheTransaction) {
  const Revision first = this->write("a/1", "1");

  EXPECT_FALSE(
      this->commit({erase("a/1", Expect::at(first)), require("a/", Expect::nothingUnder())}));
  EXPECT_TRUE(this->commit({put("b", "1", Expect::absent()), put("b", "2", Expect::absent())}));
  EXPECT_EQ(this->valueOf("b"), "2");
}

TYPED_TEST_P(DocumentsSuite, RefusesOneCommitWithoutHarmToItsNeighbours) {
  std::vector<std::optional<Committed>> results(30);
  const auto client = [](Documents& documents, std::optional<Committed>& result, std::string key,
                         Expect expect) -> Task<> {
    std::vector<Operation> operations;
    operations.push_back(put(std::move(key), "v", expect));
    result = co_await documents.commit(std::move(operations));
  };

  for (std::size_t i = 0; i < results.size(); ++i) {
    const bool bad = i % 3 == 1;
    spawn(client(*this->documents_, results[i], "k" + std::to_string(i),
                 bad ? Expect::at(4711) : Expect::absent()),
          "test");
  }
  this->loop_.runUntil(
      [&] { return std::ranges::all_of(results, [](const auto& r) { return r.has_value(); }); });

  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i]->has_value(), i % 3 != 1) << i;
    EXPECT_EQ(this->find("k" + std::to_string(i)).has_value(), i % 3 != 1) << i;
  }
}

TYPED_TEST_P(DocumentsSuite, PagesInByteOrderWithinThePrefix) {
  for (const char* key : {"b/2", "a/1", "b/1", "b/10", "b", "b0", "c/1", "b/\xff", "b/\xff\xff"})
    this->write(key, key);

  EXPECT_EQ(this->keysOf("b/", "", 100), "b/1 b/10 b/2 b/\xff b/\xff\xff");
  EXPECT_EQ(this->keysOf("b/", "b/10", 2), "b/10 b/2");
  EXPECT_EQ(this->keysOf("b/", "a", 1), "b/1");
  EXPECT_EQ(this->keysOf("b/", "b/\xff\xff\xff", 9), "");
  EXPECT_EQ(this->keysOf("b/", "c", 9), "");
  EXPECT_EQ(this->keysOf("b/\xff", "", 9), "b/\xff b/\xff\xff");
  EXPECT_EQ(this->keysOf("", "c", 9), "c/1");
  EXPECT_EQ(this->keysOf("", "", 0), "");
  EXPECT_EQ(this->keysOf("nothing", "", 9), "");
}

TYPED_TEST_P(DocumentsSuite, PagesDownFromBehind) {
  for (const char* key : {"b/2", "a/1", "b/1", "b/10", "b", "b0", "c/1", "b/\xff", "b/\xff\xff"})
    this->write(key, key);

  EXPECT_EQ(this->keysDown("b/", "", 100), "b/\xff\xff b/\xff b/2 b/10 b/1");
  EXPECT_EQ(this->keysDown("b/", "b/10", 2), "b/10 b/1");
  EXPECT_EQ(this->keysDown("b/", "b/11", 1), "b/10");
  EXPECT_EQ(this->keysDown("b/", "c", 1), "b/\xff\xff");
  EXPECT_EQ(this->keysDown("b/", "a", 9), "");
  EXPECT_EQ(this->keysDown("b/\xff", "", 9), "b/\xff\xff b/\xff");
  EXPECT_EQ(this->keysDown("", "b", 9), "b a/1");
  EXPECT_EQ(this->keysDown("", "", 1), "c/1");
  EXPECT_EQ(this->keysDown("", "", 0), "");
  EXPECT_EQ(this->keysDown("nothing", "", 9), "");
}

TYPED_TEST_P(DocumentsSuite, ExpectsPresenceInWhateverState) {
  const std::vector<Operation> child = {require("a", Expect::present()), put("a/1", "1")};

  const Committed orphan = this->commit(child);
  this->write("a", "1");
  this->write("a", "2");

  ASSERT_FALSE(orphan);
  EXPECT_EQ(orphan.error().operation, 0u);
  EXPECT_TRUE(this->commit(child));
  EXPECT_TRUE(this->commit({erase("a", Expect::present())}));
  EXPECT_FALSE(this->commit(child));
}

TYPED_TEST_P(DocumentsSuite, ErasesAllUnderAPrefix) {
  for (const char* key : {"a", "a/", "a/1", "a/1/x", "a/\xff\xff", "a0", "b/1"})
    this->write(key, key);
  std::vector<std::string> gone;
  this->documents_->watch("", [&gone](const Change& change) {
    gone.push_back(change.key + (change.value ? " put" : ""));
  });

  const Committed refused = this->commit({eraseUnder("a/"), require("b/1", Expect::absent())});
  const Committed accepted =
      this->commit({put("a/2", "2"), eraseUnder("a/"), put("a/3", "3"), eraseUnder("nothing/")});

  EXPECT_FALSE(refused);
  ASSERT_TRUE(accepted);
  EXPECT_EQ(this->keysOf("", "", 9), "a a/3 a0 b/1");
  std::ranges::sort(gone);
  EXPECT_EQ(gone, (std::vector<std::string>{"a/", "a/1", "a/1/x", "a/2", "a/3 put", "a/\xff\xff"}));
}

TYPED_TEST_P(DocumentsSuite, RefusesToEraseEverything) {
  this->write("a", "1");

  EXPECT_THROW(this->commit({eraseUnder("")}), StoreError);
  EXPECT_THROW(this->commit({eraseUnder("\xff")}), StoreError);
  EXPECT_TRUE(this->find("a"));
}

TYPED_TEST_P(DocumentsSuite, TellsWatchersBeforeTheCommitterGoesOn) {
  std::vector<std::string> events;
  this->documents_->watch("a/", [&](const Change& change) {
    events.push_back(change.key + "=" + change.value.value_or("(gone)") + "@" +
                     std::to_string(change.revision));
  });

  const Revision first =
      this->commit({put("a/1", "x"), put("b/1", "y"), put("a/2", "z"), put("a/1", "w")}).value();
  events.emplace_back("committed");
  const Revision second = this->commit({erase("a/1")}).value();
  this->commit({put("a/2", "no", Expect::absent())});
  this->commit({require("a/2", Expect::at(first))});

  EXPECT_EQ(events, (std::vector<std::string>{"a/1=w@" + std::to_string(first),
                                              "a/2=z@" + std::to_string(first), "committed",
                                              "a/1=(gone)@" + std::to_string(second)}));
}

TYPED_TEST_P(DocumentsSuite, TellsWatchersInTheOrderOfRevisions) {
  std::vector<Revision> seen;
  int left = 40;
  this->documents_->watch("", [&](const Change& change) { seen.push_back(change.revision); });
  const auto client = [](Documents& documents, int number, int& open) -> Task<> {
    for (int i = 0; i < 5; ++i) {
      std::vector<Operation> operations;
      operations.push_back(put("k" + std::to_string(number), std::to_string(i)));
      (void)co_await documents.commit(std::move(operations));
    }
    --open;
  };

  for (int i = 0; i < 40; ++i) spawn(client(*this->documents_, i, left), "test");
  this->loop_.runUntil([&left] { return left == 0; });

  EXPECT_EQ(seen.size(), 200u);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TYPED_TEST_P(DocumentsSuite, ForgetsAWaiterThatWasDestroyed) {
  struct Detach {
    Task<Committed> task;
    static Task<> run(std::unique_ptr<Detach> self) { (void)co_await self->task; }
  };
  std::vector<Operation> operations;
  operations.push_back(put("a", "1"));
  {
    // Started by a coroutine that is destroyed while the commit is on its way.
    auto started =
        Detach::run(std::make_unique<Detach>(this->documents_->commit(std::move(operations))));
    started.await_suspend(std::noop_coroutine()).resume();
  }

  this->loop_.runUntil([this] { return this->valueOf("a") == "1"; });
}

TYPED_TEST_P(DocumentsSuite, IsLinearizableUnderConcurrentConditionalWrites) {
  std::array<std::vector<Call>, 5> histories;
  std::size_t events = 0;
  int left = 8;

  for (unsigned client = 0; client < 8; ++client) {
    spawn(
        conditionalWrites(*this->documents_, histories, events, std::minstd_rand(client + 1), left),
        "test");
  }
  this->loop_.runUntil([&left] { return left == 0; });

  std::size_t refusals = 0;
  for (const auto& history : histories) {
    EXPECT_TRUE(linearizable(history));
    refusals += static_cast<std::size_t>(std::ranges::count(history, false, &Call::accepted));
  }
  EXPECT_GT(refusals, 0u);
}

TYPED_TEST_P(DocumentsSuite, TellsTheStateAfterTheLastWriteWhateverWasReadBefore) {
  this->write("a/1", "1");
  EXPECT_EQ(this->valueOf("a/1"), "1");
  const Revision second = this->write("a/1", "2");
  EXPECT_EQ(this->valueOf("a/1"), "2");
  EXPECT_EQ(this->find("a/1")->revision, second);
  this->commit({put("a/1", "3", Expect::absent())});
  EXPECT_EQ(this->valueOf("a/1"), "2");
  this->commit({erase("a/1", Expect::at(second))});
  EXPECT_FALSE(this->find("a/1"));
  this->write("a/1", "4");
  EXPECT_EQ(this->valueOf("a/1"), "4");
  this->commit({eraseUnder("a/")});
  EXPECT_FALSE(this->find("a/1"));
  this->commit({put("a/1", "5"), erase("a/1")});
  EXPECT_FALSE(this->find("a/1"));
  this->commit({put("a/1", "6"), put("a/1", "7")});
  EXPECT_EQ(this->valueOf("a/1"), "7");
}

TYPED_TEST_P(DocumentsSuite, ShowsWatchersWhatTheyAreTold) {
  std::vector<std::string> wrong;
  const auto look = [](Documents& documents, Change change,
                       std::vector<std::string>& found) -> Task<> {
    const auto document = co_await documents.find(change.key);
    if ((document ? document->revision : 0) != (change.value ? change.revision : 0)) {
      found.push_back(change.key);
    }
  };
  this->documents_->watch(
      "a/", [&](const Change& change) { spawn(look(*this->documents_, change, wrong), "test"); });

  this->write("a/1", "1");
  this->write("a/1", "2");
  this->commit({put("a/2", "1"), erase("a/1")});
  this->commit({eraseUnder("a/")});

  EXPECT_EQ(wrong, std::vector<std::string>());
}

TYPED_TEST_P(DocumentsSuite, ReadersOfSeveralKeysNeverGoBack) {
  Twins twins{.writers = 4, .readers = 4, .changes = 0, .wrong = ""};

  for (int i = 0; i < 4; ++i) {
    spawn(writeTwins(*this->documents_, this->loop_, twins, 50), "test");
    spawn(readTwins(*this->documents_, this->loop_, twins), "test");
  }
  this->loop_.runUntil([&twins] { return twins.writers == 0 && twins.readers == 0; });

  EXPECT_EQ(twins.wrong, "");
  EXPECT_GT(twins.changes, 4u);
}

TYPED_TEST_P(DocumentsSuite, ReadsAheadWhileOthersWrite) {
  for (int i = 0; i < 150; ++i) this->write(fmt::format("a/{:03}", i), "old");
  this->write("b", "old");
  int left = 3;
  const auto write = [](Documents& documents, int& running) -> Task<> {
    for (int i = 0; i < 150; i += 7) {
      std::vector<Operation> operations;
      operations.push_back(i % 2 == 0 ? put(fmt::format("a/{:03}", i), "new")
                                      : erase(fmt::format("a/{:03}", i)));
      (void)co_await documents.commit(std::move(operations));
    }
    --running;
  };
  const auto ahead = [](Documents& documents, std::string prefix, int& running) -> Task<> {
    co_await documents.readAhead(std::move(prefix));
    --running;
  };

  spawn(ahead(*this->documents_, "a/", left), "test");
  spawn(write(*this->documents_, left), "test");
  spawn(ahead(*this->documents_, "", left), "test");
  this->loop_.runUntil([&left] { return left == 0; });

  for (int i = 0; i < 150; ++i) {
    const std::string written = i % 2 == 0 ? "new" : "(absent)";
    EXPECT_EQ(this->valueOf(fmt::format("a/{:03}", i)), i % 7 == 0 ? written : "old") << i;
  }
}

TYPED_TEST_P(DocumentsSuite, PagesStayConsistentWhileNamesComeAndGo) {
  Comings comings{.writers = 8, .walkers = 3, .walks = 0, .wrong = ""};
  for (int i = 0; i < Comings::count; ++i) {
    this->write("n/stay/" + std::to_string(i), "v");
    this->write("n/pair/" + std::to_string(i) + "/a", "v");
  }

  for (unsigned client = 0; client < 8; ++client) {
    spawn(comeAndGo(*this->documents_, comings, std::minstd_rand(client + 1), 40), "test");
  }
  for (const std::size_t limit : {1u, 3u, 7u}) {
    spawn(walk(*this->documents_, this->loop_, comings, limit), "test");
  }
  this->loop_.runUntil([&comings] { return comings.writers == 0 && comings.walkers == 0; });

  EXPECT_EQ(comings.wrong, "");
  EXPECT_GE(comings.walks, 3u);
}

REGISTER_TYPED_TEST_SUITE_P(
    DocumentsSuite, FindsWhatWasPut, CreatesOnlyWhatIsAbsent, UpdatesOnlyTheExpectedRevision,
    ErasesOnlyTheExpectedRevision, GivesARecreatedDocumentAnotherRevision,
    ErasesTheParentOnlyWhenNothingIsUnderIt, CommitsAllOperationsOrNone,
    ChecksConditionsAgainstTheStateBeforeTheTransaction, RefusesOneCommitWithoutHarmToItsNeighbours,
    PagesInByteOrderWithinThePrefix, PagesDownFromBehind, ExpectsPresenceInWhateverState,
    ErasesAllUnderAPrefix, RefusesToEraseEverything, PagesStayConsistentWhileNamesComeAndGo,
    TellsWatchersBeforeTheCommitterGoesOn, TellsWatchersInTheOrderOfRevisions,
    ForgetsAWaiterThatWasDestroyed, IsLinearizableUnderConcurrentConditionalWrites,
    TellsTheStateAfterTheLastWriteWhateverWasReadBefore, ShowsWatchersWhatTheyAreTold,
    ReadersOfSeveralKeysNeverGoBack, ReadsAheadWhileOthersWrite);

}  // namespace openfc::store
