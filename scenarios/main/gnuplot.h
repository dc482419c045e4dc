#pragma once

// gnuplot as another program: the package gnuplot-nox.

#include <string>

namespace meshtwin {

bool has_gnuplot();

// Runs the script in `folder`. Throws ResultsError with what gnuplot said.
void run_gnuplot(const std::string& script_file, const std::string& folder);

}  // namespace meshtwin
