#include "results/sqlite.h"

#include <sqlite3.h>
#include <unistd.h>

namespace meshtwin {

namespace {

int flags_of(SqlMode mode) {
  switch (mode) {
    case SqlMode::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    case SqlMode::read_only:
      return SQLITE_OPEN_READONLY;
    case SqlMode::memory:
      break;
  }
  return SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_URI;
}

// A path as a URI: what has a meaning in one is written by its number.
std::string uri_of(const std::string& path) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string uri = "file:";
  for (const char c : path) {
    if (c != '%' && c != '?' && c != '#') {
      uri += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return uri + "?mode=ro";
}

}  // namespace

Database::Database(const std::string& path, SqlMode mode) : path_(path) {
  if (mode == SqlMode::create && ::access(path.c_str(), F_OK) == 0) throw SqlError(path + ": is there already");
  sqlite3* handle = nullptr;
  const char* where = mode == SqlMode::memory ? ":memory:" : path.c_str();
  const int result = sqlite3_open_v2(where, &handle, flags_of(mode) | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (result != SQLITE_OK) {
    throw SqlError(path + ": cannot be opened: " + (handle == nullptr ? "out of memory" : sqlite3_errmsg(handle)));
  }
  sqlite3_extended_result_codes(handle, 1);
  if (mode == SqlMode::create) return;
  sqlite3_busy_timeout(handle, 2000);                       // the run that writes it may be going on
  query_text(*this, "SELECT count(*) FROM sqlite_schema");  // opening reads nothing: a file of another kind shows now
}

void Database::attach(const std::string& path, const std::string& name) {
  try {
    Statement(*this, "ATTACH ? AS " + name).bind(0, uri_of(path)).run();
    query_text(*this, "SELECT count(*) FROM " + name + ".sqlite_schema");
  } catch (const SqlError&) {
    throw SqlError(path + ": cannot be read: " + sqlite3_errmsg(handle()));
  }
}

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

void Database::run(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw SqlError(path_ + ": " + sqlite3_errmsg(handle()));
  }
}

Statement::Statement(const Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* handle = nullptr;
  const char* rest = nullptr;
  const int result = sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &handle, &rest);
  handle_.reset(handle);
  if (result != SQLITE_OK) fail();
  if (handle == nullptr) throw SqlError(database.path() + ": found no SQL statement");
  const std::string_view more(rest, static_cast<std::size_t>(sql.data() + sql.size() - rest));
  if (more.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    throw SqlError(database.path() + ": found more than one SQL statement");
  }
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

void Statement::fail() const {
  throw SqlError(database_.path() + ": " + sqlite3_errmsg(database_.handle()));
}

void Statement::check(int result) const {
  if (result != SQLITE_OK) fail();
}

Statement& Statement::bind(int place, std::int64_t value) {
  check(sqlite3_bind_int64(handle_.get(), place + 1, value));
  return *this;
}

Statement& Statement::bind(int place, double value) {
  check(sqlite3_bind_double(handle_.get(), place + 1, value));
  return *this;
}

Statement& Statement::bind(int place, std::string_view value) {
  check(sqlite3_bind_text(handle_.get(), place + 1, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::bind_null(int place) {
  check(sqlite3_bind_null(handle_.get(), place + 1));
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) fail();
  return false;
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
}

bool Statement::only_reads() const {
  return sqlite3_stmt_readonly(handle_.get()) != 0;
}

int Statement::columns() const {
  return sqlite3_column_count(handle_.get());
}

std::string Statement::name(int column) const {
  return sqlite3_column_name(handle_.get(), column);
}

SqlType Statement::type(int column) const {
  switch (sqlite3_column_type(handle_.get(), column)) {
    case SQLITE_INTEGER:
      return SqlType::integer;
    case SQLITE_FLOAT:
      return SqlType::real;
    case SQLITE_TEXT:
      return SqlType::text;
    case SQLITE_BLOB:
      return SqlType::blob;
    default:
      return SqlType::null;
  }
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(handle_.get(), column);
}

std::string_view Statement::text(int column) const {
  const void* bytes = type(column) == SqlType::blob ? sqlite3_column_blob(handle_.get(), column)
                                                    : sqlite3_column_text(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {static_cast<const char*>(bytes), bytes == nullptr ? 0 : static_cast<std::size_t>(size)};
}

std::optional<std::string> query_text(const Database& database, std::string_view sql) {
  Statement statement(database, sql);
  if (!statement.step() || statement.is_null(0)) return std::nullopt;
  return std::string(statement.text(0));
}

}  // namespace meshtwin
