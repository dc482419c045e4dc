#include "scenarios/main/export_command.h"

#include <fmt/format.h>

#include "scenarios/main/export_tables.h"
#include "scenarios/main/find_stores.h"

namespace meshtwin {

int export_command(const ExportArguments& arguments) {
  const std::vector<StoreFile> stores = find_stores(arguments.run, arguments.world);
  const RowFormat format = arguments.format == "csv" ? RowFormat::csv : RowFormat::json;
  const std::vector<std::string> files = export_tables(stores, format, arguments.format, arguments.out);
  for (const std::string& file : files) fmt::print("{}\n", file);
  return 0;
}

}  // namespace meshtwin
