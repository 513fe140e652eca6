#include "store/sqlite/committer.h"

#include "base/log.h"

#include <algorithm>
#include <set>
#include <utility>

namespace openfc::store::sqlite {
namespace {

constexpr int longLog = 2000;  // frames of one page: 16 MB

constexpr std::string_view revisionOfSql = "SELECT revision FROM document WHERE key = ?1";
constexpr std::string_view firstFromSql =
    "SELECT key FROM document WHERE key >= ?1 ORDER BY key LIMIT 1";
constexpr std::string_view betweenSql = "SELECT key FROM document WHERE key >= ?1 AND key < ?2";
constexpr std::string_view putSql =
    "INSERT INTO document (key, revision, value) VALUES (?1, ?2, ?3)"
    " ON CONFLICT (key) DO UPDATE SET revision = excluded.revision, value = excluded.value";
constexpr std::string_view eraseSql = "DELETE FROM document WHERE key = ?1";
constexpr std::string_view countSql = "UPDATE store SET revision = ?1";

bool writes(const std::vector<Operation>& operations) {
  return std::ranges::any_of(operations, [](const Operation& operation) {
    return operation.kind != Operation::Kind::check;
  });
}

int noteLogLength(void* frames, sqlite3*, const char*, int length) {
  *static_cast<int*>(frames) = length;
  return SQLITE_OK;
}

}  // namespace

Committer::Committer(Connection& connection, const Vault& vault)
    : connection_(connection),
      vault_(vault),
      begin_(connection, "BEGIN IMMEDIATE"),
      commit_(connection, "COMMIT"),
      revisionOf_(connection, revisionOfSql),
      firstFrom_(connection, firstFromSql),
      between_(connection, betweenSql),
      put_(connection, putSql),
      erase_(connection, eraseSql),
      count_(connection, countSql),
      revision_(static_cast<Revision>(connection.number("SELECT revision FROM store"))) {
  sqlite3_wal_hook(connection.get(), noteLogLength, &logFrames_);
}

void Committer::run(const Batch& batch) {
  try {
    Revision revision = revision_;
    begin_.run();
    for (const auto& request : batch) {
      // A probe spends a revision: SQLite does not write a value that is there already.
      request->result = request->probe ? ++revision : decide(request->operations, revision);
    }
    if (revision != revision_) count_.run(static_cast<std::int64_t>(revision));
    commit_.run();
    revision_ = revision;
  } catch (const std::exception& failure) {
    const auto* told = dynamic_cast<const SqliteError*>(&failure);
    constexpr int plainCode = 0xff;  // of an extended one
    rollBack();
    for (const auto& request : batch) {
      request->result.reset();
      request->failure = failure.what();
      request->full = told != nullptr && (told->code() & plainCode) == SQLITE_FULL;
    }
  }
}

/// Conditions are checked before the first write, so a refused request leaves nothing to undo.
Committed Committer::decide(std::vector<Operation>& operations, Revision& revision) {
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (!holds(operations[i].key, operations[i].expect)) return std::unexpected(Conflict{i});
  }
  if (!writes(operations)) return revision;
  spellOut(operations);
  write(operations, ++revision);
  return revision;
}

bool Committer::holds(const std::string& key, const Expect& expect) {
  if (expect.kind == Expect::Kind::anything) return true;
  if (expect.kind == Expect::Kind::nothingUnder) {
    Rows rows = firstFrom_.start(std::string_view(key));
    return !rows.next() || !rows.bytes(0).starts_with(key);
  }
  Rows rows = revisionOf_.start(std::string_view(key));
  const bool present = rows.next();
  if (expect.kind == Expect::Kind::absent) return !present;
  if (expect.kind == Expect::Kind::present) return present;
  return present && static_cast<Revision>(rows.number(0)) == expect.revision;
}

/// Puts an erase of each key in the place of every eraseUnder, in their order: a key that an
/// earlier step of the same transaction puts is among them.
void Committer::spellOut(std::vector<Operation>& operations) {
  const auto under = [](const Operation& step) { return step.kind == Operation::Kind::eraseUnder; };
  if (std::ranges::none_of(operations, under)) return;
  std::vector<Operation> spelled;
  for (Operation& step : operations) {
    if (!under(step)) {
      spelled.push_back(std::move(step));
      continue;
    }
    std::set<std::string> keys;
    for (const Operation& before : spelled) {
      if (before.kind == Operation::Kind::put && before.key.starts_with(step.key))
        keys.insert(before.key);
    }
    const std::optional<std::string> end = keyBehind(step.key);
    if (!end) throw std::logic_error("an erasure below a key that nothing stands behind");
    Rows rows = between_.start(std::string_view(step.key), std::string_view(*end));
    while (rows.next()) keys.emplace(rows.bytes(0));
    for (const std::string& key : keys) spelled.push_back(erase(key));
  }
  operations = std::move(spelled);
}

void Committer::write(const std::vector<Operation>& operations, Revision revision) {
  for (const Operation& operation : operations) {
    if (operation.kind == Operation::Kind::check) continue;
    if (operation.kind == Operation::Kind::erase) {
      erase_.run(std::string_view(operation.key));
      continue;
    }
    const std::string sealed = vault_.seal(operation.value, sealContext(operation.key, revision));
    put_.run(std::string_view(operation.key), static_cast<std::int64_t>(revision),
             std::string_view(sealed));
  }
}

void Committer::rollBack() noexcept {
  // Some failures have ended the transaction already; the statement's answer then says nothing new.
  if (sqlite3_get_autocommit(connection_.get()) == 0) {
    sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Committer::checkpointIfDue() {
  if (logFrames_ < longLog) return;
  logFrames_ = 0;
  const int result = sqlite3_wal_checkpoint_v2(connection_.get(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (result != SQLITE_OK && result != SQLITE_BUSY) {
    log::warn("the store's log could not be moved into its database and goes on growing",
              {{"reason", sqlite3_errmsg(connection_.get())}});
  }
}

std::optional<std::string> keyBehind(std::string prefix) {
  while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xff) prefix.pop_back();
  if (prefix.empty()) return std::nullopt;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

std::string sealContext(std::string_view key, Revision revision) {
  std::string context(key);
  context += '\0';
  context += std::to_string(revision);
  return context;
}

}  // namespace openfc::store::sqlite
