#pragma once

// The rows of a statement as a table for a terminal: numbers to the right, texts to the left.

#include <cstddef>
#include <string>

#include "results/present/style.h"
#include "results/sqlite.h"

namespace meshtwin {

struct RowsView {
  std::string text;
  bool cut = false;  // there are more rows than shown
};
RowsView view_of_rows(Statement& statement, std::size_t rows_most, const Style& style);

}  // namespace meshtwin
