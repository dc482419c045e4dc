#include "scenarios/main/report_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "results/report/page.h"
#include "results/report/run_data.h"
#include "results/report/run_places.h"
#include "results/run_folder.h"

namespace meshtwin {
namespace {

namespace fs = std::filesystem;

// Beside the results that were asked for.
std::string default_out(const std::string& given, const RunPlace& first) {
  std::error_code ignored;
  return ((fs::is_directory(given, ignored) && !fs::exists(fs::path(given) / "run.sqlite", ignored)
               ? fs::path(given)
               : fs::path(first.path)) /
          "report.html")
      .string();
}

}  // namespace

int report_command(const ReportArguments& arguments) {
  std::vector<RunPlace> folders;
  std::vector<Json> sets;
  for (const std::string& given : arguments.runs) {
    std::vector<RunPlace> places = run_places_in(given);
    if (places.size() > 1) {
      if (Json set = set_data(given); !set.is_null()) sets.push_back(std::move(set));
    }
    std::move(places.begin(), places.end(), std::back_inserter(folders));
  }
  std::vector<Json> runs;
  runs.reserve(folders.size());
  for (const RunPlace& folder : folders) runs.push_back(run_data(folder));
  const std::string out = arguments.out.empty() ? default_out(arguments.runs.front(), folders.front()) : arguments.out;
  const std::string page = report_page(runs, sets);
  write_file(out, page);
  fmt::print("{}: {} run{}, {:.1f} MB; open it in a browser\n", out, runs.size(), runs.size() == 1 ? "" : "s",
             static_cast<double>(page.size()) / 1e6);
  return 0;
}

}  // namespace meshtwin
