// The store through its interface, beside its floors: bare SQLite that commits the same rows in the
// same groups, and bare SQLite reads. Compare rows of one run only.

#include "store/sqlite/connection.h"
#include "store/sqlite/sqlite_store.h"
#include "store/test_directory.h"
#include "store/test_loop.h"

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <random>

namespace openfc::store {
namespace {

constexpr int documentCount = 100'000;
constexpr std::size_t valueSize = 1000;  // a function's configuration

const Vault& vault() {
  static const Vault made(std::string(Vault::keySize, 'k'));
  return made;
}

std::string keyOf(std::int64_t number) { return fmt::format("function/service/{:08}", number); }

Task<> client(Documents* documents, std::int64_t number, std::int64_t* left, int* running) {
  const std::string value(valueSize, 'v');
  while (--*left >= 0) {
    std::vector<Operation> operations;
    operations.push_back(put(keyOf(number * 1000 + *left % 1000), value));
    benchmark::DoNotOptimize(co_await documents->commit(std::move(operations)));
  }
  --*running;
}

void commits(benchmark::State& state) {
  const TestDirectory directory;
  TestLoop loop;
  const auto documents = openSqlite((directory / "store.db").string(), loop, vault());
  const auto clients = static_cast<int>(state.range(0));
  std::int64_t total = 0;
  for (auto _ : state) {
    std::int64_t left = clients * 50;
    int running = clients;
    total += left;
    for (int i = 0; i < clients; ++i) spawn(client(documents.get(), i, &left, &running), "bench");
    loop.runUntil([&running] { return running == 0; });
  }
  state.SetItemsProcessed(total);
}
BENCHMARK(commits)->Name("store/commits")->Arg(1)->Arg(16)->Arg(64)->UseRealTime();

/// The same rows, unsealed and unchecked, in groups of as many as there would be clients.
void bareCommits(benchmark::State& state) {
  const TestDirectory directory;
  sqlite::Connection connection((directory / "bare.db").string(), sqlite::Access::readWrite);
  connection.text("PRAGMA journal_mode = WAL");
  connection.run("PRAGMA synchronous = FULL");
  connection.run(
      "CREATE TABLE document (key BLOB NOT NULL PRIMARY KEY, revision INTEGER NOT NULL,"
      " value BLOB NOT NULL) STRICT, WITHOUT ROWID");
  sqlite::Statement begin(connection, "BEGIN IMMEDIATE");
  sqlite::Statement insert(connection, "INSERT OR REPLACE INTO document VALUES (?1, ?2, ?3)");
  sqlite::Statement commit(connection, "COMMIT");
  const std::string value(valueSize, 'v');
  std::int64_t row = 0;
  for (auto _ : state) {
    begin.run();
    for (std::int64_t i = 0; i < state.range(0); ++i, ++row) {
      const std::string key = keyOf(i * 1000 + row % 1000);
      insert.run(std::string_view(key), row, std::string_view(value));
    }
    commit.run();
  }
  state.SetItemsProcessed(row);
}
BENCHMARK(bareCommits)->Name("floor/commits")->Arg(1)->Arg(16)->Arg(64)->UseRealTime();

/// A store of 100,000 documents, filled once.
struct Filled {
  TestDirectory directory;
  TestLoop loop;
  std::string file = (directory / "store.db").string();
  std::unique_ptr<Documents> documents = openSqlite(file, loop, vault());
  std::unique_ptr<Documents> uncached = openSqlite(file, loop, vault(), 0);

  Filled() {
    for (int first = 0; first < documentCount; first += 1000) {
      std::vector<Operation> operations;
      for (int i = first; i < first + 1000; ++i) {
        operations.push_back(put(keyOf(i), std::string(valueSize, 'v')));
      }
      if (!loop.await(documents->commit(std::move(operations)))) std::abort();
    }
  }
};

Filled& filled() {
  static Filled made;
  return made;
}

/// What a task costs beside the store: nothing suspends here, so it is run to its end in place.
template <class T>
T finished(Task<T> task) {
  std::optional<T> result;
  const auto run = [](Task<T> inner, std::optional<T>* out) -> Task<> { *out = co_await inner; };
  spawn(run(std::move(task), &result), "bench");
  return std::move(*result);
}

void finds(benchmark::State& state, std::unique_ptr<Documents> Filled::* documents) {
  Documents& store = *(filled().*documents);
  std::minstd_rand random(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(finished(store.find(keyOf(random() % documentCount))));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(finds, cached, &Filled::documents)->Name("store/find in 100000");
BENCHMARK_CAPTURE(finds, uncached, &Filled::uncached)->Name("store/find in 100000, uncached");

void bareFinds(benchmark::State& state) {
  const sqlite::Connection connection(filled().file, sqlite::Access::readOnly);
  sqlite::Statement select(connection, "SELECT revision, value FROM document WHERE key = ?1");
  std::minstd_rand random(1);
  for (auto _ : state) {
    const std::string key = keyOf(random() % documentCount);
    sqlite::Rows rows = select.start(std::string_view(key));
    if (!rows.next()) std::abort();
    benchmark::DoNotOptimize(std::string(rows.bytes(1)));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(bareFinds)->Name("floor/find in 100000");

void pages(benchmark::State& state) {
  Filled& store = filled();
  std::minstd_rand random(1);
  for (auto _ : state) {
    const std::string from = keyOf(random() % (documentCount - 100));
    if (finished(store.documents->page("function/", from, 100)).size() != 100) std::abort();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(pages)->Name("store/page of 100 in 100000");

}  // namespace
}  // namespace openfc::store

BENCHMARK_MAIN();
