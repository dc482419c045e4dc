#pragma once

// Questions to the stores of a run, in SQL: each world's tables are sim.TABLE or emu.TABLE, and plain TABLE where only
// one is there. Nothing that is asked can change a store, reach another file or load code; beside SQLite's own
// functions there is percentile(VALUE, PER CENT), by nearest rank as everywhere in the results.

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "results/sqlite.h"

namespace meshtwin {

// What is wrong with a question, and where.
class QueryMistake : public std::runtime_error {
 public:
  enum class Kind : unsigned char {
    other,
    no_table,   // `name` is none
    no_column,  // likewise
    ambiguous,  // both worlds have the table `name`
    changes,    // it would do something else than read
  };
  QueryMistake(Kind kind, const std::string& message, std::string name, int offset)
      : std::runtime_error(message), kind_(kind), name_(std::move(name)), offset_(offset) {}

  Kind kind() const { return kind_; }
  const std::string& name() const { return name_; }
  int offset() const { return offset_; }  // of the byte in the question; -1: not known

 private:
  Kind kind_;
  std::string name_;
  int offset_;
};

struct StoreFile {
  std::string world;  // sim, emu
  std::string path;
  bool unfinished = false;  // the run goes on, or was killed
};

struct StoreTable {
  std::string name;
  bool view = false;
  std::vector<std::string> columns;
};

class StoreQuery {
 public:
  // Of different worlds. Throws SqlError.
  explicit StoreQuery(const std::vector<StoreFile>& stores);
  ~StoreQuery();
  StoreQuery(const StoreQuery&) = delete;
  StoreQuery& operator=(const StoreQuery&) = delete;

  // Throws QueryMistake. The statement's own steps throw SqlError.
  Statement prepare(const std::string& question);
  // In the order of the schema; views after tables.
  std::vector<StoreTable> tables(const std::string& world);
  std::uint64_t rows(const std::string& world, const std::string& table);

 private:
  struct Guard;
  std::string plain_name(const std::string& question) const;

  Database database_;
  std::unique_ptr<Guard> guard_;
};

}  // namespace meshtwin
