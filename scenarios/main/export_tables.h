#pragma once

#include <string>
#include <vector>

#include "results/sql_rows.h"
#include "results/store_query.h"

namespace meshtwin {

// Every table of every world in a file of its own, OUT/<world>/<table>.<ending>; each appears complete or not at all.
// Returns the files. Throws ResultsError, SqlError.
std::vector<std::string> export_tables(const std::vector<StoreFile>& stores, RowFormat format,
                                       const std::string& ending, const std::string& out);

}  // namespace meshtwin
