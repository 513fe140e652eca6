#include "store/sqlite/snapshot.h"

#include "base/check.h"
#include "base/fd.h"
#include "store/documents.h"
#include "store/sqlite/committer.h"
#include "store/sqlite/connection.h"

#include <fcntl.h>
#include <fmt/core.h>

namespace openfc::store {
namespace {

using sqlite::Access;
using sqlite::Connection;
using sqlite::SqliteError;

constexpr int busyPauseMillis = 20;

/// In one step, so that the copy shows one moment; a writer's lock is waited for.
void copyAll(Connection& from, Connection& to) {
  const std::unique_ptr<sqlite3_backup, int (*)(sqlite3_backup*)> copy(
      sqlite3_backup_init(to.get(), "main", from.get(), "main"), &sqlite3_backup_finish);
  if (!copy) throw SqliteError(to.get(), sqlite3_errcode(to.get()), "begin a copy");
  int result = SQLITE_BUSY;
  for (int i = 0; i < 500 && (result == SQLITE_BUSY || result == SQLITE_LOCKED); ++i) {
    result = sqlite3_backup_step(copy.get(), -1);
    if (result == SQLITE_BUSY || result == SQLITE_LOCKED) sqlite3_sleep(busyPauseMillis);
  }
  if (result != SQLITE_DONE) throw SqliteError(nullptr, result, "copy");
}

/// So that it is nobody else's from its first moment and no link is followed. Closed before SQLite
/// opens it: closing it later would end the locks that SQLite has on it.
void makeFile(const std::string& path) {
  const Fd made(static_cast<int>(
      check(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600),
            "make " + path)));
}

}  // namespace

void copySqlite(const std::string& from, const std::string& to) {
  makeFile(to);
  try {
    Connection source(from, Access::readOnly);
    Connection target(to, Access::readWrite);
    copyAll(source, target);
    target.text("PRAGMA journal_mode = DELETE");
    const std::string verdict = target.text("PRAGMA integrity_check");
    if (verdict != "ok") throw StoreError(fmt::format("copy {}: {}", from, verdict));
  } catch (const SqliteError& failure) {
    throw StoreError(fmt::format("copy {}: {}", from, failure.what()));
  }
}

std::size_t readSqlite(
    const std::string& path, const Vault& vault,
    const std::function<void(std::string_view key, const std::string& value)>& visit) {
  try {
    Connection connection(path, Access::readOnly);
    sqlite::Statement all(connection, "SELECT key, revision, value FROM document ORDER BY key");
    sqlite::Rows rows = all.start();
    std::size_t count = 0;
    for (; rows.next(); ++count) {
      const std::string key(rows.bytes(0));
      const auto revision = static_cast<Revision>(rows.number(1));
      visit(key, vault.unseal(rows.bytes(2), sqlite::sealContext(key, revision)));
    }
    return count;
  } catch (const SqliteError& failure) {
    throw StoreError(fmt::format("read {}: {}", path, failure.what()));
  } catch (const VaultError& failure) {
    throw StoreError(fmt::format("read {}: {}", path, failure.what()));
  }
}

}  // namespace openfc::store
