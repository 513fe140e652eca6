#include "base/manual_loop.h"
#include "store/sqlite/sqlite_store.h"
#include "store/store_full.h"
#include "store/test_directory.h"
#include "store/test_loop.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <map>

namespace openfc::store {
namespace {

const std::string hostKey(32, 'k');

std::vector<Operation> onePut(std::string key, std::string value) {
  std::vector<Operation> operations;
  operations.push_back(put(std::move(key), std::move(value)));
  return operations;
}

/// SQLite's file system with a switch that makes every fsync fail, and one that fills its disk.
class FailingSync {
public:
  FailingSync() : vfs_(*sqlite3_vfs_find(nullptr)) {
    realVfs = sqlite3_vfs_find(nullptr);
    vfs_.zName = "failing-sync";
    vfs_.pNext = nullptr;
    vfs_.xOpen = open;
    sqlite3_vfs_register(&vfs_, 1);
  }
  FailingSync(const FailingSync&) = delete;
  FailingSync& operator=(const FailingSync&) = delete;
  ~FailingSync() {
    fail = full = false;
    sqlite3_vfs_unregister(&vfs_);
  }

  inline static std::atomic<bool> fail = false;
  inline static std::atomic<bool> full = false;  // nothing can be written

private:
  static int open(sqlite3_vfs*, sqlite3_filename name, sqlite3_file* file, int flags,
                  int* outFlags) {
    const int result = realVfs->xOpen(realVfs, name, file, flags, outFlags);
    if (result != SQLITE_OK) return result;
    // Files with and without locks have methods of their own, but one way to fsync.
    sqlite3_io_methods& methods = copies.try_emplace(file->pMethods, *file->pMethods).first->second;
    realSync = file->pMethods->xSync;
    methods.xSync = [](sqlite3_file* which, int how) {
      return fail ? SQLITE_IOERR_FSYNC : realSync(which, how);
    };
    realWrite = file->pMethods->xWrite;
    methods.xWrite = [](sqlite3_file* which, const void* bytes, int count, sqlite3_int64 at) {
      return full ? SQLITE_FULL : realWrite(which, bytes, count, at);
    };
    file->pMethods = &methods;
    return result;
  }

  inline static sqlite3_vfs* realVfs = nullptr;
  inline static int (*realSync)(sqlite3_file*, int) = nullptr;
  inline static int (*realWrite)(sqlite3_file*, const void*, int, sqlite3_int64) = nullptr;
  inline static std::map<const sqlite3_io_methods*, sqlite3_io_methods> copies;
  sqlite3_vfs vfs_;
};

/// While it lives, no file of this process may grow beyond `size`.
class FileSizeLimit {
public:
  explicit FileSizeLimit(rlim_t size) {
    getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {size, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  rlimit before_ = {};
  void (*handler_)(int) = nullptr;
};

class SqliteFailure : public testing::Test {
protected:
  void put(Documents& documents, std::string key, std::string value) {
    EXPECT_TRUE(loop_.await(documents.commit(onePut(std::move(key), std::move(value)))));
  }

  TestDirectory directory_;
  std::string file_ = (directory_ / "store.db").string();
  Vault vault_{hostKey};
  TestLoop loop_;
};

TEST_F(SqliteFailure, OfAnFsyncFailsTheCommitAndLaterOnesUntilAProbeSucceeds) {
  const FailingSync sync;
  const auto documents = openSqlite(file_, loop_, vault_);
  put(*documents, "a", "before");

  FailingSync::fail = true;
  EXPECT_THROW(put(*documents, "a", "lost"), StoreError);
  FailingSync::fail = false;

  EXPECT_FALSE(documents->healthy());
  EXPECT_THROW(put(*documents, "a", "refused"), StoreError);
  EXPECT_EQ(loop_.await(documents->find("a"))->value, "before");
  loop_.runUntil([&] { return documents->healthy(); });
  put(*documents, "a", "after");
  EXPECT_EQ(loop_.await(documents->find("a"))->value, "after");
}

TEST_F(SqliteFailure, OfAFullDiskIsToldAsThatUntilThereIsSpace) {
  const FailingSync disk;
  const auto documents = openSqlite(file_, loop_, vault_);

  FailingSync::full = true;
  EXPECT_THROW(put(*documents, "a", "lost"), StoreFull);
  EXPECT_THROW(put(*documents, "a", "refused"), StoreFull);
  FailingSync::full = false;

  loop_.runUntil([&] { return documents->healthy(); });
  put(*documents, "a", "after");
}

TEST_F(SqliteFailure, OfAProbeIsFollowedByAnotherProbe) {
  const FailingSync sync;
  const auto documents = openSqlite(file_, loop_, vault_);
  FailingSync::fail = true;
  EXPECT_THROW(put(*documents, "a", "lost"), StoreError);

  const SteadyTime begin = loop_.steady();
  loop_.runUntil([&] { return loop_.steady() - begin > std::chrono::milliseconds(2500); });
  EXPECT_FALSE(documents->healthy());
  FailingSync::fail = false;

  loop_.runUntil([&] { return documents->healthy(); });
}

TEST_F(SqliteFailure, OfOneWriterFailsEveryCommitOfItsBatch) {
  const FailingSync sync;
  const auto documents = openSqlite(file_, loop_, vault_);
  int failures = 0;
  const auto client = [](Documents& store, int number, int& failed) -> Task<> {
    try {
      (void)co_await store.commit(onePut("k" + std::to_string(number), "v"));
    } catch (const StoreError&) {
      ++failed;
    }
  };

  FailingSync::fail = true;
  for (int i = 0; i < 20; ++i) spawn(client(*documents, i, failures), "test");
  loop_.runUntil([&failures] { return failures == 20; });

  EXPECT_TRUE(loop_.await(documents->page("", "", 9)).empty());
}

TEST_F(SqliteFailure, OfAFullDiskLeavesReadsAndEarlierWrites) {
  const auto documents = openSqlite(file_, loop_, vault_);
  put(*documents, "a", "kept");
  {
    const FileSizeLimit limit(1 << 20);
    EXPECT_THROW(put(*documents, "big", std::string(4 << 20, 'b')), StoreError);
    EXPECT_FALSE(documents->healthy());
    EXPECT_EQ(loop_.await(documents->find("a"))->value, "kept");
    EXPECT_FALSE(loop_.await(documents->find("big")));
  }

  loop_.runUntil([&] { return documents->healthy(); });

  put(*documents, "big", std::string(4 << 20, 'b'));
}

/// The life of the child that is killed: writes as fast as it can and reports what was
/// acknowledged.
struct Acknowledgement {
  std::uint64_t number = 0;
  Revision revision = 0;
};

Task<> writeForever(Documents& documents, std::uint64_t client, int pipe) {
  for (std::uint64_t i = 0;; ++i) {
    const std::uint64_t number = i * 16 + client;
    const Committed committed = co_await documents.commit(
        onePut("k" + std::to_string(number), "v" + std::to_string(number)));
    const Acknowledgement acknowledged{number, committed.value()};
    if (::write(pipe, &acknowledged, sizeof(acknowledged)) != sizeof(acknowledged)) _exit(1);
  }
}

[[noreturn]] void writeUntilKilled(const std::string& file, int pipe) {
  TestLoop loop;
  const Vault vault(hostKey);
  const auto documents = openSqlite(file, loop, vault);
  for (std::uint64_t client = 0; client < 16; ++client)
    spawn(writeForever(*documents, client, pipe), "test");
  loop.runUntil([] { return false; });
  _exit(1);
}

/// Runs the child until it reported `count` acknowledgements, kills it, and returns all that it
/// reported.
std::map<std::uint64_t, Revision> killedAfter(std::size_t count, const std::string& file) {
  std::array<int, 2> ends = {};
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    writeUntilKilled(file, ends[1]);
  }
  close(ends[1]);
  std::map<std::uint64_t, Revision> acknowledged;
  Acknowledgement next;
  while (read(ends[0], &next, sizeof(next)) == sizeof(next)) {
    acknowledged.emplace(next.number, next.revision);
    if (acknowledged.size() == count) kill(child, SIGKILL);
  }
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return acknowledged;
}

TEST_F(SqliteFailure, OfTheProcessLosesNothingThatWasAcknowledged) {
  for (const std::size_t count : {1u, 50u, 400u, 1000u}) {
    const std::string file = file_ + std::to_string(count);
    const auto acknowledged = killedAfter(count, file);

    const auto documents = openSqlite(file, loop_, vault_);
    ASSERT_GE(acknowledged.size(), count);
    for (const auto& [number, revision] : acknowledged) {
      const auto document = loop_.await(documents->find("k" + std::to_string(number)));
      ASSERT_TRUE(document) << number;
      EXPECT_EQ(document->revision, revision);
      EXPECT_EQ(document->value, "v" + std::to_string(number));
    }
  }
}

}  // namespace
}  // namespace openfc::store
