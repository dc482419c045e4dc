#include "scenarios/main/export_command.h"

#include <algorithm>
#include <iostream>
#include <vector>

#include "mesh/base/problem.h"
#include "results/export_spans.h"
#include "results/traced_run.h"
#include "scenarios/main/stores.h"

namespace meshtwin {
namespace {

TracedRun run_of(const ExportArguments& arguments) {
  std::vector<TracedRun> runs;
  for (const StoreFile& store : stores_in(arguments.run)) runs.push_back(read_traced_run(store.file));
  if (arguments.world.empty()) return std::move(runs.back());
  const auto found = std::ranges::find(runs, arguments.world, &TracedRun::world);
  if (found == runs.end())
    throw Problem({arguments.run},
                  "found no run in the world " + arguments.world + ", expected one of " + runs.front().world);
  return std::move(*found);
}

}  // namespace

int export_command(const ExportArguments& arguments) {
  const TracedRun run = run_of(arguments);
  if (!run.complete) std::cerr << "warning: " << run.world << ": the run has not come to its end\n";
  arguments.format == "zipkin" ? write_zipkin(std::cout, run) : write_otlp(std::cout, run);
  std::cout.flush();
  if (!std::cout) throw std::runtime_error("cannot write to standard output");
  return 0;
}

}  // namespace meshtwin
