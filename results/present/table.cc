#include "results/present/table.h"

#include <algorithm>
#include <numeric>
#include <sstream>

namespace meshtwin {
namespace {

constexpr std::size_t kIndent = 2;

void strip_end(std::string& line) {
  line.erase(line.find_last_not_of(' ') + 1);
}

}  // namespace

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::istringstream words(text);
  std::string word;
  while (words >> word) {
    if (!lines.empty() && columns_of(lines.back()) + 1 + columns_of(word) <= width) {
      lines.back() += ' ' + word;
    } else {
      lines.push_back(word);
    }
  }
  if (lines.empty()) lines.emplace_back();
  return lines;
}

void Table::span(std::size_t first, std::size_t last, std::string text) {
  spans_.push_back({first, last, std::move(text)});
}

void Table::head(std::vector<std::string> titles) {
  std::vector<Cell> cells;
  for (std::string& title : titles) cells.emplace_back(std::move(title), Paint::dim);
  row(std::move(cells));
  rule();
}

void Table::row(std::vector<Cell> cells) {
  if (!cells.empty() && columns_of(cells[0].text) > name_width_) {
    const Paint paint = cells[0].paint;
    const std::vector<std::string> parts = wrapped(cells[0].text, name_width_);
    cells[0].text = parts[0];
    lines_.push_back({false, std::move(cells)});
    for (std::size_t i = 1; i < parts.size(); ++i) lines_.push_back({false, {Cell(parts[i], paint)}});
    return;
  }
  lines_.push_back({false, std::move(cells)});
}

void Table::rule() {
  lines_.push_back({true, {}});
}

std::vector<std::size_t> Table::widths() const {
  std::vector<std::size_t> widths(gaps_.size(), 0);
  for (const Line& line : lines_) {
    for (std::size_t i = 0; i < line.cells.size(); ++i) widths[i] = std::max(widths[i], columns_of(line.cells[i].text));
  }
  // A heading wider than its columns widens the last of them.
  for (const Span& span : spans_) {
    std::size_t room = 0;
    for (std::size_t i = span.first; i <= span.last; ++i) room += widths[i] + (i > span.first ? gaps_[i] : 0);
    if (columns_of(span.text) > room) widths[span.last] += columns_of(span.text) - room;
  }
  return widths;
}

std::string Table::span_line(const std::vector<std::size_t>& widths) const {
  std::string line;
  for (const Span& span : spans_) {
    std::size_t begin = kIndent;
    for (std::size_t i = 0; i <= span.first; ++i) begin += gaps_[i] + (i < span.first ? widths[i] : 0);
    std::size_t room = 0;
    for (std::size_t i = span.first; i <= span.last; ++i) room += widths[i] + (i > span.first ? gaps_[i] : 0);
    const std::size_t at = begin + (room - columns_of(span.text)) / 2;
    line.append(at - columns_of(line), ' ');
    line += span.text;
  }
  return line;
}

std::string Table::cells_line(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths,
                              const Style& style) const {
  std::string line(kIndent, ' ');
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - columns_of(cells[i].text), ' ');
    const std::string shown = painted(cells[i].text, cells[i].text.empty() ? Paint::plain : cells[i].paint, style);
    line.append(gaps_[i], ' ');
    line += i < names_ ? shown + padding : padding + shown;
  }
  strip_end(line);
  return line;
}

std::string Table::text(const Style& style) const {
  const std::vector<std::size_t> column_widths = widths();
  const std::size_t total = std::accumulate(column_widths.begin(), column_widths.end(), std::size_t{0}) +
                            std::accumulate(gaps_.begin(), gaps_.end(), std::size_t{0});
  std::string text;
  if (!spans_.empty()) text += painted(span_line(column_widths), Paint::dim, style) + '\n';
  for (const Line& line : lines_) {
    if (line.rule) {
      const std::string stroke = repeated(style.unicode ? "─" : "-", total);
      text += std::string(kIndent, ' ') + painted(stroke, Paint::dim, style) + '\n';
    } else {
      text += cells_line(line.cells, column_widths, style) + '\n';
    }
  }
  return text;
}

}  // namespace meshtwin
