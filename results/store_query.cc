#include "results/store_query.h"

#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <new>
#include <string_view>

namespace meshtwin {
namespace {

constexpr const char* kMain = "main";

// The values that an aggregate has seen. Lives as long as SQLite's context does.
struct Ranked {
  std::vector<double> values;
  bool whole = true;  // all of them were integers
  double share = -1;  // wanted; from the first row
};

void percentile_step(sqlite3_context* context, int, sqlite3_value** arguments) {
  auto** slot = static_cast<Ranked**>(sqlite3_aggregate_context(context, sizeof(Ranked*)));
  if (slot == nullptr) return sqlite3_result_error_nomem(context);
  if (*slot == nullptr) *slot = new (std::nothrow) Ranked;
  if (*slot == nullptr) return sqlite3_result_error_nomem(context);
  Ranked& ranked = **slot;
  const double share = sqlite3_value_double(arguments[1]);
  if (!(share >= 0 && share <= 100))
    return sqlite3_result_error(context, "percentile() takes a second value from 0 to 100", -1);
  ranked.share = share;
  const int type = sqlite3_value_numeric_type(arguments[0]);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) return;  // NULL and text are no values
  ranked.whole = ranked.whole && type == SQLITE_INTEGER;
  ranked.values.push_back(sqlite3_value_double(arguments[0]));
}

void percentile_final(sqlite3_context* context) {
  auto** slot = static_cast<Ranked**>(sqlite3_aggregate_context(context, 0));
  if (slot == nullptr || *slot == nullptr) return sqlite3_result_null(context);
  const std::unique_ptr<Ranked> ranked(*slot);
  *slot = nullptr;
  if (ranked->values.empty()) return sqlite3_result_null(context);
  // The smallest value that at least so many per cent do not exceed.
  const double wanted = ranked->share * static_cast<double>(ranked->values.size()) / 100;
  auto rank = static_cast<std::size_t>(wanted);
  if (static_cast<double>(rank) < wanted) ++rank;
  rank = std::clamp<std::size_t>(rank, 1, ranked->values.size());
  const auto at = ranked->values.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(ranked->values.begin(), at, ranked->values.end());
  ranked->whole ? sqlite3_result_int64(context, static_cast<sqlite3_int64>(*at)) : sqlite3_result_double(context, *at);
}

std::string quoted(const std::string& name) {
  std::string safe = "\"";
  for (const char c : name) safe += c == '"' ? "\"\"" : std::string(1, c);
  return safe + '"';
}

// What stands behind this in SQLite's message; empty: another message.
std::string behind(const std::string& message, std::string_view beginning) {
  return message.starts_with(beginning) ? message.substr(beginning.size()) : "";
}

}  // namespace

// Asked by SQLite about everything that a question would do, while it is prepared.
struct StoreQuery::Guard {
  bool refused = false;
  std::map<std::int64_t, std::string> stand_ins;  // of tables that both worlds have, by their place in `main`

  static int allows(void* data, int action, const char* first, const char* second, const char* database, const char*) {
    switch (action) {
      case SQLITE_READ:
      case SQLITE_SELECT:
      case SQLITE_FUNCTION:
      case SQLITE_RECURSIVE:
        return SQLITE_OK;
      case SQLITE_PRAGMA:
        if (first != nullptr && std::string_view(first).starts_with("table_") && second != nullptr) return SQLITE_OK;
        break;
      case SQLITE_UPDATE:  // asked while a table-valued function declares its columns; a real one is refused anyway
        if (std::string_view(first) == "sqlite_master" && std::string_view(database) == kMain) return SQLITE_OK;
        break;
      default:
        break;
    }
    static_cast<Guard*>(data)->refused = true;
    return SQLITE_DENY;
  }
};

StoreQuery::StoreQuery(const std::vector<StoreFile>& stores)
    : database_("SQL", SqlMode::memory), guard_(std::make_unique<Guard>()) {
  for (const StoreFile& store : stores) database_.attach(store.path, store.world);
  if (stores.size() > 1) {
    // Stand-ins that a plain name finds first, so that it is not taken for the first world's in silence.
    for (const StoreTable& table : tables(stores.front().world)) {
      database_.run("CREATE TABLE main." + quoted(table.name) + " AS SELECT * FROM " + stores.front().world + '.' +
                    quoted(table.name) + " LIMIT 0");
    }
    Statement places(database_, "SELECT rootpage, name FROM main.sqlite_schema WHERE type = 'table'");
    while (places.step()) guard_->stand_ins[places.integer(0)] = places.text(1);
  }
  sqlite3_create_function_v2(database_.handle(), "percentile", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, nullptr,
                             percentile_step, percentile_final, nullptr);
  database_.run("PRAGMA query_only = ON");
  sqlite3_set_authorizer(database_.handle(), Guard::allows, guard_.get());
}

StoreQuery::~StoreQuery() = default;

// The stand-in that the question would read; empty: none. What it would open stands in its program.
std::string StoreQuery::plain_name(const std::string& question) const {
  if (guard_->stand_ins.empty()) return {};
  try {
    Statement program(database_, "EXPLAIN " + question);
    while (program.step()) {  // address, opcode, p1, p2: where it begins, p3: which database
      if (program.text(1) != "OpenRead" || program.integer(4) != 0) continue;
      const auto found = guard_->stand_ins.find(program.integer(3));
      if (found != guard_->stand_ins.end()) return found->second;
    }
  } catch (const SqlError&) {
    return {};  // it is itself an EXPLAIN
  }
  return {};
}

Statement StoreQuery::prepare(const std::string& question) {
  using Kind = QueryMistake::Kind;
  guard_->refused = false;
  try {
    Statement statement(database_, question);
    if (!statement.only_reads()) throw QueryMistake(Kind::changes, "it would change the store", "", -1);
    const std::string plain = plain_name(question);
    if (!plain.empty()) throw QueryMistake(Kind::ambiguous, "both worlds have this table", plain, -1);
    return statement;
  } catch (const SqlError& error) {
    const std::string own = std::string(error.what()).substr(database_.path().size() + 2);
    const int offset = sqlite3_error_offset(database_.handle());
    if (guard_->refused) throw QueryMistake(Kind::changes, own, "", offset);
    if (const std::string table = behind(own, "no such table: "); !table.empty())
      throw QueryMistake(Kind::no_table, own, table, offset);
    if (const std::string column = behind(own, "no such column: "); !column.empty())
      throw QueryMistake(Kind::no_column, own, column, offset);
    throw QueryMistake(Kind::other, own, "", offset);
  }
}

std::vector<StoreTable> StoreQuery::tables(const std::string& world) {
  std::vector<StoreTable> tables;
  Statement list(database_, "SELECT name, type FROM " + world +
                                ".sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' "
                                "ORDER BY type, rowid");
  while (list.step()) tables.push_back({std::string(list.text(0)), list.text(1) == "view", {}});
  for (StoreTable& table : tables) {
    Statement columns(database_, "SELECT name FROM pragma_table_info(?, ?)");
    columns.bind(0, table.name).bind(1, world);
    while (columns.step()) table.columns.emplace_back(columns.text(0));
  }
  return tables;
}

std::uint64_t StoreQuery::rows(const std::string& world, const std::string& table) {
  Statement count(database_, "SELECT count(*) FROM " + world + '.' + quoted(table));
  count.step();
  return static_cast<std::uint64_t>(count.integer(0));
}

}  // namespace meshtwin
