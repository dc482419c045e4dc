#pragma once

// The rows that a query gives, handed to a visitor one by one, so that no table of a store needs to fit in memory.

#include <string_view>

#include "results/sqlite.h"

namespace meshtwin {

// `visit` takes a const Statement&. Throws SqlError.
template <typename Visit>
void each_row(const Database& store, std::string_view query, Visit&& visit) {
  Statement statement(store, query);
  while (statement.step()) visit(static_cast<const Statement&>(statement));
}

}  // namespace meshtwin
