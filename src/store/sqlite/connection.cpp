#include "store/sqlite/connection.h"

#include <fmt/core.h>

namespace openfc::store::sqlite {
namespace {

constexpr int lockPatienceMillis = 10'000;

}  // namespace

SqliteError::SqliteError(sqlite3* database, int code, std::string_view doing)
    : std::runtime_error(
          fmt::format("{}: {} (sqlite {})", doing,
                      database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code), code)),
      code_(code) {}

Connection::Connection(const std::string& path, Access access) {
  const int flags = access == Access::readOnly ? SQLITE_OPEN_READONLY
                                               : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* database = nullptr;
  const int result = sqlite3_open_v2(
      path.c_str(), &database,
      flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW, nullptr);
  database_.reset(database);
  if (result != SQLITE_OK) throw SqliteError(database, result, "open database " + path);
  sqlite3_busy_timeout(database, lockPatienceMillis);
}

void Connection::run(const std::string& sql) const {
  const int result = sqlite3_exec(get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) throw SqliteError(get(), result, sql.substr(0, sql.find('\n')));
}

std::int64_t Connection::number(const std::string& sql) {
  Statement statement(*this, sql);
  Rows rows = statement.start();
  return rows.next() ? rows.number(0) : 0;
}

std::string Connection::text(const std::string& sql) {
  Statement statement(*this, sql);
  Rows rows = statement.start();
  return rows.next() ? std::string(rows.bytes(0)) : std::string();
}

Rows::~Rows() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  throw SqliteError(sqlite3_db_handle(statement_), result, sqlite3_sql(statement_));
}

std::string_view Rows::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return size == 0 ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

std::int64_t Rows::number(int column) const { return sqlite3_column_int64(statement_, column); }

Statement::Statement(const Connection& connection, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(connection.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result != SQLITE_OK) throw SqliteError(connection.get(), result, sql);
  statement_.reset(statement);
}

void Statement::bind(int index, std::string_view bytes) {
  // A null pointer would bind NULL: an empty value needs an address.
  const char* data = bytes.data() != nullptr ? bytes.data() : "";
  const int result =
      sqlite3_bind_blob64(statement_.get(), index, data, bytes.size(), SQLITE_STATIC);
  if (result != SQLITE_OK) {
    throw SqliteError(sqlite3_db_handle(statement_.get()), result, sqlite3_sql(statement_.get()));
  }
}

void Statement::bind(int index, std::int64_t number) {
  const int result = sqlite3_bind_int64(statement_.get(), index, number);
  if (result != SQLITE_OK) {
    throw SqliteError(sqlite3_db_handle(statement_.get()), result, sqlite3_sql(statement_.get()));
  }
}

}  // namespace openfc::store::sqlite
