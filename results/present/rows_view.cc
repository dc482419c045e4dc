#include "results/present/rows_view.h"

#include <algorithm>
#include <vector>

#include "results/sql_rows.h"

namespace meshtwin {
namespace {

struct Column {
  std::string title;
  std::vector<std::string> cells;
  bool numbers = true;

  std::size_t width() const {
    std::size_t width = columns_of(title);
    for (const std::string& cell : cells) width = std::max(width, columns_of(cell));
    return width;
  }
};

constexpr std::size_t kColumnsMost = 100;  // of a cell

// On one line, whatever the text is, and not too long a line.
std::string one_line(std::string text, const Style& style) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  if (columns_of(text) <= kColumnsMost) return text;
  std::size_t columns = 0;
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (begins && ++columns == kColumnsMost) break;
  }
  return text.substr(0, end) + (style.unicode ? "…" : "~");
}

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::string space(width - std::min(width, columns_of(text)), ' ');
  return right ? space + text : text + space;
}

std::string without_end(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

RowsView view_of_rows(Statement& statement, std::size_t rows_most, const Style& style) {
  RowsView view;
  std::vector<Column> columns;
  for (int i = 0; i < statement.columns(); ++i) columns.push_back({one_line(statement.name(i), style), {}, true});
  std::size_t rows = 0;
  for (; statement.step(); ++rows) {
    if (rows == rows_most) {
      view.cut = true;
      break;
    }
    for (int i = 0; i < statement.columns(); ++i) {
      Column& column = columns[static_cast<std::size_t>(i)];
      const bool null = statement.is_null(i);
      column.cells.push_back(null ? std::string(style.unicode ? "–" : "-")
                                  : one_line(shown_value(statement, i), style));
      const SqlType type = statement.type(i);
      column.numbers = column.numbers && (null || type == SqlType::integer || type == SqlType::real);
    }
  }
  std::string head;
  std::size_t whole = 0;
  for (const Column& column : columns) {
    head += "  " + padded(column.title, column.width(), column.numbers && rows > 0);
    whole += 2 + column.width();
  }
  view.text = without_end(head) + "  " + repeated(style.unicode ? "─" : "-", whole - 2) + '\n';
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line;
    for (const Column& column : columns) line += "  " + padded(column.cells[row], column.width(), column.numbers);
    view.text += without_end(line);
  }
  return view;
}

}  // namespace meshtwin
