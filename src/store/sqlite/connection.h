#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace openfc::store::sqlite {

/// A failed SQLite call: what was being done and SQLite's reason.
class SqliteError : public std::runtime_error {
public:
  SqliteError(sqlite3* database, int code, std::string_view doing);
  int code() const { return code_; }  // extended result code

private:
  int code_;
};

enum class Access { readWrite, readOnly };

/// One connection, used by one thread at a time. Waits for locks that other programs hold.
class Connection {
public:
  Connection(const std::string& path, Access access);

  /// Runs statements that answer nothing of interest.
  void run(const std::string& sql) const;
  /// The first column of the first row.
  std::int64_t number(const std::string& sql);
  std::string text(const std::string& sql);
  sqlite3* get() const { return database_.get(); }

private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  std::unique_ptr<sqlite3, Close> database_;
};

/// The rows of one run of a statement; its end readies the statement for the next run.
class Rows {
public:
  explicit Rows(sqlite3_stmt* statement) : statement_(statement) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows();

  /// Whether there is another row.
  bool next();
  std::string_view bytes(int column) const;  // valid until next()
  std::int64_t number(int column) const;

private:
  sqlite3_stmt* statement_;
};

/// A statement that is compiled once and run often. What is bound must live as long as the rows.
class Statement {
public:
  Statement(const Connection& connection, std::string_view sql);

  template <class... Values>
  Rows start(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    return Rows(statement_.get());
  }
  /// Runs a statement that answers no rows.
  template <class... Values>
  void run(const Values&... values) {
    start(values...).next();
  }

private:
  void bind(int index, std::string_view bytes);
  void bind(int index, std::int64_t number);

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace openfc::store::sqlite
