#pragma once

// The rows of a statement as CSV (RFC 4180, a heading first; NULL is empty, an empty text is ""), as one JSON array of
// objects, or as an object a line. Numbers are exact: integers as they are, others with the fewest digits that read
// back as the same number. Blobs are hexadecimal.

#include <functional>
#include <string>
#include <string_view>

#include "results/sqlite.h"

namespace meshtwin {

enum class RowFormat : unsigned char { csv, json, jsonl };

// From the statement's first row to its last; `write` gets the text piece by piece. Throws SqlError.
void write_rows(Statement& statement, RowFormat format, const std::function<void(std::string_view)>& write);

// A value as a table shows it; NULL is empty.
std::string shown_value(const Statement& statement, int column);

}  // namespace meshtwin
