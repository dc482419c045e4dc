#pragma once

// A table in plain text: columns as wide as what they hold, numbers to the right, names to the left; headings may span
// several columns; long names go on over further lines. Indented by two, without frames: the eye follows the columns.

#include <string>
#include <vector>

#include "results/present/style.h"

namespace meshtwin {

class Table {
 public:
  struct Cell {
    std::string text;
    Paint paint = Paint::plain;
    Cell(std::string text, Paint paint = Paint::plain) : text(std::move(text)), paint(paint) {}
    Cell(const char* text, Paint paint = Paint::plain) : text(text), paint(paint) {}
  };

  // How far each column stands from the one before it; the number of columns follows from it. The first `names` columns
  // are set to the left, the others to the right.
  Table(std::vector<std::size_t> gaps, std::size_t names) : gaps_(std::move(gaps)), names_(names) {}

  // A heading over the columns [first, last], centred, on a line of its own with its neighbours.
  void span(std::size_t first, std::size_t last, std::string text);
  void head(std::vector<std::string> titles);
  // Missing cells are empty. The first cell is broken between words to lines of at most `name_width`.
  void row(std::vector<Cell> cells);
  void rule();
  void limit_names(std::size_t name_width) { name_width_ = name_width; }

  std::string text(const Style& style) const;

 private:
  struct Span {
    std::size_t first;
    std::size_t last;
    std::string text;
  };
  struct Line {
    bool rule = false;
    std::vector<Cell> cells;
  };

  std::vector<std::size_t> widths() const;
  std::string span_line(const std::vector<std::size_t>& widths) const;
  std::string cells_line(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths,
                         const Style& style) const;

  std::vector<std::size_t> gaps_;
  std::size_t names_;
  std::size_t name_width_ = 1000;
  std::vector<Span> spans_;
  std::vector<Line> lines_;
};

// Breaks between words; a word longer than the width stays whole.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

}  // namespace meshtwin
