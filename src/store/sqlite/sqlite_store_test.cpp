#include "store/sqlite/sqlite_store.h"

#include "base/manual_loop.h"
#include "store/documents_suite.h"
#include "store/sqlite/connection.h"
#include "store/test_directory.h"

#include <fmt/core.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

namespace openfc::store {
namespace {

const std::string hostKey(32, 'k');

struct SqliteFileFactory {
  TestDirectory directory;
  Vault vault{hostKey};
  std::unique_ptr<Documents> open(Loop& loop) const {
    return openSqlite((directory / "store.db").string(), loop, vault);
  }
};

struct SqliteMemoryFactory {
  Vault vault{hostKey};
  std::unique_ptr<Documents> open(Loop& loop) const { return openSqlite(":memory:", loop, vault); }
};

/// Reads everything from the database …
struct UncachedFactory : SqliteFileFactory {
  std::unique_ptr<Documents> open(Loop& loop) {
    return openSqlite((directory / "store.db").string(), loop, vault, 0);
  }
};

/// … and has room for three or four small documents.
struct SmallCacheFactory : SqliteFileFactory {
  std::unique_ptr<Documents> open(Loop& loop) {
    return openSqlite((directory / "store.db").string(), loop, vault, 1400);
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(SqliteFile, DocumentsSuite, SqliteFileFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteFileUncached, DocumentsSuite, UncachedFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteFileSmallCache, DocumentsSuite, SmallCacheFactory);
INSTANTIATE_TYPED_TEST_SUITE_P(SqliteMemory, DocumentsSuite, SqliteMemoryFactory);

class SqliteStore : public testing::Test {
protected:
  std::unique_ptr<Documents> open() { return openSqlite(file_.string(), loop_, vault_); }
  void fill(const std::vector<std::string>& keys) {
    const auto documents = open();
    for (const std::string& key : keys) write(*documents, key, "value of " + key);
  }
  Revision write(Documents& documents, std::string key, std::string value) {
    std::vector<Operation> operations;
    operations.push_back(put(std::move(key), std::move(value)));
    return loop_.await(documents.commit(std::move(operations))).value();
  }
  std::string bytes(const std::filesystem::path& file) {
    std::ostringstream out;
    out << std::ifstream(file).rdbuf();
    return out.str();
  }
  template <class Function>
  std::string failureOf(Function function) {
    try {
      function();
    } catch (const StoreError& failure) {
      return failure.what();
    }
    return "";
  }
  std::string failureOfOpening() {
    return failureOf([this] { open(); });
  }

  TestDirectory directory_;
  std::filesystem::path file_ = directory_ / "store.db";
  Vault vault_{hostKey};
  TestLoop loop_;
};

TEST_F(SqliteStore, KeepsDocumentsAndRevisionsAcrossRestarts) {
  Revision last = 0;
  {
    const auto documents = open();
    last = write(*documents, "a", "1");
  }

  const auto documents = open();

  EXPECT_EQ(loop_.await(documents->find("a"))->value, "1");
  EXPECT_EQ(loop_.await(documents->find("a"))->revision, last);
  EXPECT_GT(write(*documents, "b", "2"), last);
}

TEST_F(SqliteStore, CommitsWhatWasHandedInBeforeItClosesAndAnswersAfterwards) {
  int answers = 0;
  const auto handIn = [](Documents& documents, std::string key, int& answered) -> Task<> {
    std::vector<Operation> operations;
    operations.push_back(put(std::move(key), "v"));
    if (co_await documents.commit(std::move(operations))) ++answered;
  };
  {
    const auto documents = open();
    for (int i = 0; i < 50; ++i) {
      spawn(handIn(*documents, "k" + std::to_string(i), answers), "test");
    }
  }
  loop_.runUntil([&answers] { return answers == 50; });

  const auto documents = open();

  EXPECT_EQ(loop_.await(documents->page("k", "", 100)).size(), 50u);
}

TEST_F(SqliteStore, HidesValuesOnDiskAndFilesFromOthers) {
  const auto documents = open();
  write(*documents, "a", "PASSWORD=hunter2");

  for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
    struct stat status = {};
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077u, 0u) << entry.path();
    EXPECT_EQ(bytes(entry.path()).find("hunter2"), std::string::npos) << entry.path();
  }
}

TEST_F(SqliteStore, NamesTheKeyOfADamagedDocument) {
  fill({"good", "hurt"});
  std::string content = bytes(file_);
  const std::size_t at = content.find("hurt");
  ASSERT_NE(at, std::string::npos);
  content[at + 70] = static_cast<char>(content[at + 70] ^ 4);
  std::ofstream(file_, std::ios::binary) << content;

  const auto documents = open();

  EXPECT_EQ(loop_.await(documents->find("good"))->value, "value of good");
  EXPECT_NE(failureOf([&] { loop_.await(documents->find("hurt")); }).find("'hurt'"),
            std::string::npos);
  EXPECT_NE(failureOf([&] { loop_.await(documents->page("", "", 9)); }).find("'hurt'"),
            std::string::npos);
  EXPECT_TRUE(documents->healthy());
}

TEST_F(SqliteStore, ReadsFromMemoryWhatWasReadAhead) {
  std::vector<std::string> keys(100);
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = "k" + std::to_string(i);
  fill(keys);
  const auto documents = open();
  loop_.await(documents->readAhead("k"));

  // What is not read again shows no harm.
  sqlite::Connection(file_.string(), sqlite::Access::readWrite)
      .run("UPDATE document SET value = x'00'");

  for (const std::string& key : keys) {
    EXPECT_EQ(loop_.await(documents->find(key))->value, "value of " + key);
  }
  EXPECT_THROW(loop_.await(open()->find("k1")), StoreError);
}

TEST_F(SqliteStore, NoticesSwappedValuesAndChangedRevisions) {
  fill({"a", "b", "c"});
  {
    sqlite::Connection connection(file_.string(), sqlite::Access::readWrite);
    connection.run(
        "UPDATE document SET value = (SELECT value FROM document WHERE key = x'62') WHERE key = "
        "x'61';"
        "UPDATE document SET revision = revision + 1 WHERE key = x'63'");
  }

  const auto documents = open();

  EXPECT_THROW(loop_.await(documents->find("a")), StoreError);
  EXPECT_THROW(loop_.await(documents->find("c")), StoreError);
  EXPECT_EQ(loop_.await(documents->find("b"))->value, "value of b");
}

TEST_F(SqliteStore, RefusesAnotherHostKey) {
  fill({"a"});
  const Vault other(std::string(32, 'x'));

  const std::string failure = failureOf([&] { openSqlite(file_.string(), loop_, other); });

  EXPECT_NE(failure.find("host key"), std::string::npos) << failure;
}

TEST_F(SqliteStore, RefusesADatabaseOfANewerProgram) {
  fill({"a"});
  sqlite::Connection(file_.string(), sqlite::Access::readWrite).run("PRAGMA user_version = 99");

  const std::string failure = failureOfOpening();

  EXPECT_NE(failure.find("schema version 99"), std::string::npos) << failure;
}

TEST_F(SqliteStore, RefusesAndKeepsAForeignFile) {
  sqlite::Connection(file_.string(), sqlite::Access::readWrite).run("CREATE TABLE t (a)");
  EXPECT_NE(failureOfOpening().find("not a database of openfc"), std::string::npos);

  std::ofstream(file_, std::ios::trunc) << std::string(5000, 'x');
  EXPECT_NE(failureOfOpening(), "");
  EXPECT_EQ(bytes(file_), std::string(5000, 'x'));
}

TEST_F(SqliteStore, WaitsWhileAnotherProgramHoldsTheWriteLock) {
  const auto documents = open();
  sqlite::Connection backup(file_.string(), sqlite::Access::readWrite);
  backup.run("BEGIN IMMEDIATE");
  std::optional<Committed> result;
  const auto client = [](Documents& store, std::optional<Committed>& committed) -> Task<> {
    std::vector<Operation> operations;
    operations.push_back(put("a", "1"));
    committed = co_await store.commit(std::move(operations));
  };

  spawn(client(*documents, result), "test");
  EXPECT_FALSE(loop_.await(documents->find("a")));
  backup.run("COMMIT");
  loop_.runUntil([&result] { return result.has_value(); });

  EXPECT_TRUE(result->has_value());
}

TEST_F(SqliteStore, ShortensItsLog) {
  const auto documents = open();
  for (int i = 0; i < 40; ++i)
    write(*documents, "k" + std::to_string(i), std::string(1'000'000, 'v'));

  EXPECT_LT(std::filesystem::file_size(file_.string() + "-wal"), 30'000'000u);
}

TEST(SqliteMemory, CommitsOnTheLoopWithoutThreads) {
  ManualLoop loop;
  const Vault vault(hostKey);
  const auto documents = openSqlite(":memory:", loop, vault);
  bool done = false;
  const auto client = [](Documents& store, bool& ended) -> Task<> {
    std::vector<Operation> operations;
    operations.push_back(put("a", "1"));
    (void)co_await store.commit(std::move(operations));
    ended = (co_await store.find("a"))->value == "1";
  };

  spawn(client(*documents, done), "test");
  loop.run();

  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace openfc::store
