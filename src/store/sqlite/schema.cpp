#include "store/sqlite/schema.h"

#include "store/documents.h"

#include <fmt/core.h>

#include <array>

namespace openfc::store::sqlite {
namespace {

constexpr std::int64_t applicationId = 0x4f464344;  // "OFCD"

/// Step i leads from version i to i + 1. Steps are never changed once released; a new one is
/// appended.
constexpr std::array migrations = {
    R"(CREATE TABLE document (
         key BLOB NOT NULL PRIMARY KEY,
         revision INTEGER NOT NULL,
         value BLOB NOT NULL
       ) STRICT, WITHOUT ROWID;
       CREATE TABLE store (
         id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
         revision INTEGER NOT NULL,
         seal BLOB
       ) STRICT;
       INSERT INTO store (id, revision, seal) VALUES (1, 1, NULL);)",
};

constexpr std::string_view sealContext = "openfc store";

void setModes(Connection& connection, const std::string& path) {
  // Only a fresh file takes it. Pages of 4 KB would put half of an ordinary document on a page of
  // its own, which doubles the time of a read.
  connection.run("PRAGMA page_size = 8192");
  if (path != ":memory:" && connection.text("PRAGMA journal_mode = WAL") != "wal") {
    throw StoreError(fmt::format("open {}: this file system cannot keep a write-ahead log", path));
  }
  // Checkpoints are the writer's, off the way of a commit.
  connection.run(
      "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA trusted_schema = OFF;"
      "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000;");
}

void refuseForeign(Connection& connection, const std::string& path, std::int64_t version) {
  const std::int64_t id = connection.number("PRAGMA application_id");
  const bool empty = connection.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (id != applicationId && (id != 0 || !empty)) {
    throw StoreError(fmt::format("open {}: not a database of openfc", path));
  }
  constexpr auto known = static_cast<std::int64_t>(migrations.size());
  if (version > known) {
    throw StoreError(
        fmt::format("open {}: has schema version {}, this program knows versions up to {}; use the "
                    "newer openfc",
                    path, version, known));
  }
}

void checkSeal(Connection& connection, const std::string& path, const Vault& vault) {
  const std::string seal = connection.text("SELECT seal FROM store");
  if (seal.empty()) {
    const std::string fresh = vault.seal("openfc", sealContext);
    Statement(connection, "UPDATE store SET seal = ?1").run(std::string_view(fresh));
    return;
  }
  try {
    vault.unseal(seal, sealContext);
  } catch (const VaultError& failure) {
    throw StoreError(fmt::format("open {}: the host key is not the one of this database: {}", path,
                                 failure.what()));
  }
}

}  // namespace

void prepareSchema(Connection& connection, const std::string& path, const Vault& vault) {
  try {
    // Before the modes: a foreign file is left as it was.
    refuseForeign(connection, path, connection.number("PRAGMA user_version"));
    setModes(connection, path);
    connection.run("BEGIN IMMEDIATE");
    for (auto step = static_cast<std::size_t>(connection.number("PRAGMA user_version"));
         step < migrations.size(); ++step) {
      connection.run(migrations[step]);
      connection.run(fmt::format("PRAGMA user_version = {}", step + 1));
    }
    connection.run(fmt::format("PRAGMA application_id = {}", applicationId));
    checkSeal(connection, path, vault);
    connection.run("COMMIT");
  } catch (const SqliteError& failure) {
    throw StoreError(fmt::format("open {}: {}", path, failure.what()));
  }
}

}  // namespace openfc::store::sqlite
