#include "results/sql_rows.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <vector>

#include "results/csv_field.h"
#include "results/json_units.h"

namespace meshtwin {
namespace {

std::string hexadecimal(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

// Always with a point or an exponent, so that it stays another kind of number than an integer.
std::string real_text(double value) {
  std::string text = fmt::format("{}", value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

Json json_value(const Statement& statement, int column) {
  switch (statement.type(column)) {
    case SqlType::null:
      return nullptr;
    case SqlType::integer:
      return statement.integer(column);
    case SqlType::real: {
      const double value = statement.real(column);
      return std::isfinite(value) ? Json(value) : Json(real_text(value));
    }
    case SqlType::text:
      return std::string(statement.text(column));
    case SqlType::blob:
      break;
  }
  return hexadecimal(statement.text(column));
}

// The columns' names, those of equal ones told apart.
std::vector<std::string> keys_of(const Statement& statement) {
  std::vector<std::string> keys;
  std::set<std::string> seen;
  for (int i = 0; i < statement.columns(); ++i) {
    std::string key = statement.name(i);
    for (int n = 2; !seen.insert(key).second; ++n) key = fmt::format("{}_{}", statement.name(i), n);
    keys.push_back(key);
  }
  return keys;
}

std::string csv_value(const Statement& statement, int column) {
  const std::string text = shown_value(statement, column);
  return statement.type(column) == SqlType::text && text.empty() ? "\"\"" : csv_field(text);
}

void write_csv(Statement& statement, const std::function<void(std::string_view)>& write) {
  std::string line;
  for (int i = 0; i < statement.columns(); ++i) line += (i == 0 ? "" : ",") + csv_field(statement.name(i));
  write(line + "\n");
  while (statement.step()) {
    line.clear();
    for (int i = 0; i < statement.columns(); ++i) line += (i == 0 ? "" : ",") + csv_value(statement, i);
    // A single empty field would be an empty line, which readers skip.
    write((statement.columns() == 1 && line.empty() ? "\"\"" : line) + "\n");
  }
}

void write_json(Statement& statement, bool lines, const std::function<void(std::string_view)>& write) {
  const std::vector<std::string> keys = keys_of(statement);
  const char* between = lines ? "" : "[\n";
  bool any = false;
  while (statement.step()) {
    Json row = Json::object();
    for (int i = 0; i < statement.columns(); ++i) row[keys[static_cast<std::size_t>(i)]] = json_value(statement, i);
    write(between + row.dump(-1, ' ', false, Json::error_handler_t::replace) + (lines ? "\n" : ""));
    between = lines ? "" : ",\n";
    any = true;
  }
  if (!lines) write(any ? "\n]\n" : "[]\n");
}

}  // namespace

std::string shown_value(const Statement& statement, int column) {
  switch (statement.type(column)) {
    case SqlType::null:
      return "";
    case SqlType::integer:
      return std::to_string(statement.integer(column));
    case SqlType::real:
      return real_text(statement.real(column));
    case SqlType::text:
      return std::string(statement.text(column));
    case SqlType::blob:
      break;
  }
  return hexadecimal(statement.text(column));
}

void write_rows(Statement& statement, RowFormat format, const std::function<void(std::string_view)>& write) {
  if (format == RowFormat::csv) return write_csv(statement, write);
  write_json(statement, format == RowFormat::jsonl, write);
}

}  // namespace meshtwin
