#include "scenarios/main/export_command.h"

#include <fmt/format.h>

#include <iostream>
#include <stdexcept>
#include <vector>

#include "mesh/base/problem.h"
#include "results/export_spans.h"
#include "results/traced_run.h"
#include "scenarios/main/export_tables.h"
#include "scenarios/main/find_stores.h"

namespace meshtwin {
namespace {

int write_tables(const ExportArguments& arguments) {
  if (arguments.out.empty()) throw Problem({}, "found no --out, expected the folder for the tables' files");
  const std::vector<StoreFile> stores = find_stores(arguments.run, arguments.world);
  const RowFormat format = arguments.format == "csv" ? RowFormat::csv : RowFormat::json;
  for (const std::string& file : export_tables(stores, format, arguments.format, arguments.out)) {
    fmt::print("{}\n", file);
  }
  return 0;
}

int write_spans(const ExportArguments& arguments) {
  if (!arguments.out.empty()) throw Problem({}, "found --out, but spans go to standard output");
  const TracedRun run = read_traced_run(find_stores(arguments.run, arguments.world).back().path);
  arguments.format == "zipkin" ? write_zipkin(std::cout, run) : write_otlp(std::cout, run);
  std::cout.flush();
  if (!std::cout) throw std::runtime_error("cannot write to standard output");
  return 0;
}

}  // namespace

int export_command(const ExportArguments& arguments) {
  const bool tables = arguments.format == "csv" || arguments.format == "json";
  try {
    return tables ? write_tables(arguments) : write_spans(arguments);
  } catch (const SqlError& error) {
    throw Problem({}, error.what());  // a store that is damaged
  }
}

}  // namespace meshtwin
