#include "scenarios/main/query_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "mesh/base/problem.h"
#include "mesh/resource/nearest.h"
#include "mesh/resource/node.h"
#include "results/present/rows_view.h"
#include "results/present/table.h"
#include "results/sql_rows.h"
#include "results/store_query.h"
#include "scenarios/main/find_stores.h"

namespace meshtwin {
namespace {

// What a first look is after. %T: "sim." where there are two worlds.
constexpr std::array<const char*, 5> kExamples = {
    "select failure, count(*) from %Trequests group by failure",
    "select percentile(latency_ns, 99) / 1e6 as p99_ms from %Trequests where failure = 'NONE'",
    "select p.service, p.zone, count(*) from %Tattempts a join %Tpods p on p.id = a.to_pod group by 1, 2",
    "select at_ns / 1e9 as s, kind, subject, detail from %Tevents where at_ns >= 0 order by at_ns",
    "select name, kind, cpu_ns / 1e6 as cpu_ms from %Troles order by cpu_ns desc"};
constexpr const char* kExampleOfTwo =
    "select avg(e.latency_ns - s.latency_ns) / 1e6 as emu_slower_ms from sim.requests s join emu.requests e using "
    "(load, number)";

std::vector<std::string> example_questions(const std::vector<StoreFile>& stores) {
  std::vector<std::string> questions;
  for (std::string example : kExamples) {
    for (std::size_t at = example.find("%T"); at != std::string::npos; at = example.find("%T"))
      example.replace(at, 2, stores.size() > 1 ? "sim." : "");
    questions.push_back(std::move(example));
  }
  if (stores.size() > 1) questions.emplace_back(kExampleOfTwo);
  return questions;
}

// Line and column of a byte of the question.
Place place_in(const std::string& question, int offset) {
  if (offset < 0) return {"SQL", 0, 0};
  Place place{"SQL", 1, 1};
  for (int i = 0; i < offset && static_cast<std::size_t>(i) < question.size(); ++i) {
    const char c = question[static_cast<std::size_t>(i)];
    if (c == '\n') {
      ++place.line;
      place.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++place.column;
    }
  }
  return place;
}

// The last part of sim.requests, r.latency_ns.
std::string last_part(const std::string& name) {
  return name.substr(name.rfind('.') + 1);
}

std::string with_nearest(const std::string& what, const std::string& name, const std::vector<std::string>& known) {
  const std::string message = fmt::format("found the {} {}, expected one of {}", what, quote(name), listing(known, 60));
  return message + suggestion(last_part(name), known);
}

class Answers {
 public:
  explicit Answers(const std::vector<StoreFile>& stores) : stores_(stores), query_(stores) {
    tables_ = query_.tables(stores.front().world);
  }

  Statement prepare(const std::string& question) {
    try {
      return query_.prepare(question);
    } catch (const QueryMistake& mistake) {
      throw Problem(place_in(question, mistake.offset()), explain(mistake, question));
    }
  }

  StoreQuery& query() { return query_; }

 private:
  std::string explain(const QueryMistake& mistake, const std::string& question) const {
    switch (mistake.kind()) {
      case QueryMistake::Kind::no_table:
        return with_nearest("table", mistake.name(), table_names());
      case QueryMistake::Kind::no_column:
        return with_nearest("column", mistake.name(), columns_of(question));
      case QueryMistake::Kind::ambiguous:
        return fmt::format("found {0}, which is in both worlds, expected sim.{0} or emu.{0}, or --world beside it",
                           mistake.name());
      case QueryMistake::Kind::changes:
        return "found a statement that does something else than read, expected a SELECT: a store is never changed";
      case QueryMistake::Kind::other:
        break;
    }
    return mistake.what();
  }

  std::vector<std::string> table_names() const {
    std::vector<std::string> names;
    for (const StoreTable& table : tables_) names.push_back(table.name);
    return names;
  }

  // Of the tables that the question names, or of all.
  std::vector<std::string> columns_of(const std::string& question) const {
    std::vector<std::string> named;
    std::vector<std::string> all;
    const auto add = [](std::vector<std::string>& list, const std::vector<std::string>& columns) {
      for (const std::string& column : columns) {
        if (std::find(list.begin(), list.end(), column) == list.end()) list.push_back(column);
      }
    };
    for (const StoreTable& table : tables_) {
      add(all, table.columns);
      if (question.find(table.name) != std::string::npos) add(named, table.columns);
    }
    return named.empty() ? all : named;
  }

  const std::vector<StoreFile>& stores_;
  StoreQuery query_;
  std::vector<StoreTable> tables_;
};

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

int list_as_json(const std::vector<StoreFile>& stores, StoreQuery& query) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const StoreFile& store : stores) {
    nlohmann::ordered_json tables = nlohmann::ordered_json::array();
    for (const StoreTable& table : query.tables(store.world)) {
      tables.push_back({{"name", table.name},
                        {"view", table.view},
                        {"rows", query.rows(store.world, table.name)},
                        {"columns", table.columns}});
    }
    all.push_back({{"world", store.world},
                   {"file", store.path},
                   {"unfinished", store.unfinished},
                   {"tables", std::move(tables)}});
  }
  fmt::print("{}\n", all.dump(2));
  return 0;
}

int list(const std::vector<StoreFile>& stores, StoreQuery& query, const Style& style) {
  for (const StoreFile& store : stores) {
    fmt::print("{} {} {}{}\n\n", store.world, dot(style), store.path, store.unfinished ? ", unfinished" : "");
    Table out({2, 3, 3}, 1);
    for (const StoreTable& table : query.tables(store.world)) {
      const std::string columns = joined(table.columns);
      const std::vector<std::string> lines = wrapped(columns, style.width > 60 ? style.width - 40 : 20);
      const std::string rows = fmt::format("{}", query.rows(store.world, table.name));
      fmt::print("  {:<15}{:>10}  {}\n", table.name, rows, lines.empty() ? "" : lines.front());
      for (std::size_t i = 1; i < lines.size(); ++i) fmt::print("{:29}{}\n", "", lines[i]);
    }
    fmt::print("\n");
  }
  fmt::print(
      "results/store_schema.sql explains them; times are nanoseconds since the run's time zero. To begin with:\n\n");
  for (const std::string& question : example_questions(stores)) fmt::print("  {}\n", question);
  return 0;
}

void answer(Statement& statement, const QueryArguments& arguments, const Style& style) {
  if (arguments.format != "table") {
    const RowFormat format = arguments.format == "csv"    ? RowFormat::csv
                             : arguments.format == "json" ? RowFormat::json
                                                          : RowFormat::jsonl;
    write_rows(statement, format, [](std::string_view text) { fmt::print("{}", text); });
    return;
  }
  const RowsView view = view_of_rows(statement, arguments.rows_most, style);
  fmt::print("{}", view.text);
  if (view.cut)
    fmt::print(stderr, "there are more than these {} rows: --rows {} shows more, --format csv all\n",
               arguments.rows_most, 10 * arguments.rows_most);
}

}  // namespace

int query_command(const QueryArguments& arguments, const Style& style) {
  const std::vector<StoreFile> stores = find_stores(arguments.run, arguments.world);
  try {
    Answers answers(stores);
    if (arguments.question.empty()) {
      return arguments.format == "json" ? list_as_json(stores, answers.query()) : list(stores, answers.query(), style);
    }
    Statement statement = answers.prepare(arguments.question);
    answer(statement, arguments, style);
  } catch (const SqlError& error) {
    throw Problem({}, error.what());  // percentile() out of its bounds, a store that is damaged
  }
  return 0;
}

}  // namespace meshtwin
