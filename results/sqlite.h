#pragma once

// SQLite as we use it: a database that closes itself, a statement that finalizes itself, and an exception that says
// what was attempted. Text and blobs are copied; nothing of SQLite's own header is needed by who includes this.

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace meshtwin {

// "runs/a/sim/run.sqlite: no such table: request".
class SqlError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class SqlMode : unsigned char { create, read_only, memory /* empty, for others to be attached to; no path */ };
enum class SqlType : unsigned char { null, integer, real, text, blob };

class Database {
 public:
  // `create` refuses a file that is there. Throws SqlError.
  Database(const std::string& path, SqlMode mode);

  // Adds another database, read-only, whose tables are called NAME.table. Throws SqlError.
  void attach(const std::string& path, const std::string& name);
  // One or more statements that give no rows.
  void run(const std::string& sql);
  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::string path_;
  std::unique_ptr<sqlite3, Close> handle_;
};

// Parameters and columns count from 0. A statement can be run again after `reset`.
class Statement {
 public:
  // The database outlives it. Throws SqlError; also for text after the first statement.
  Statement(const Database& database, std::string_view sql);

  Statement& bind(int place, std::int64_t value);
  Statement& bind(int place, double value);
  Statement& bind(int place, std::string_view value);
  Statement& bind_null(int place);
  // To the next row; false: there is none.
  bool step();
  void reset();
  void run() {
    step();
    reset();
  }

  bool only_reads() const;  // it changes no database
  int columns() const;
  std::string name(int column) const;
  SqlType type(int column) const;
  bool is_null(int column) const { return type(column) == SqlType::null; }
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;  // until the next step; of a blob its bytes

 private:
  [[noreturn]] void fail() const;
  void check(int result) const;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  const Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// The first column of the first row, as text; empty: no row, or NULL.
std::optional<std::string> query_text(const Database& database, std::string_view sql);

}  // namespace meshtwin
