#pragma once

// `meshtwin report RUN…`: one HTML file that shows what happened in runs.

#include <string>
#include <vector>

namespace meshtwin {

struct ReportArguments {
  std::vector<std::string> runs;
  std::string out;  // empty: report.html in the first run's folder
};

int report_command(const ReportArguments& arguments);

}  // namespace meshtwin
