#pragma once

// The page: one HTML file with everything in it (style, script, type face, data), which needs no network. The build
// makes its template of results/report/page; here the runs' data are put in.

#include <string>
#include <string_view>
#include <vector>

#include "results/json_units.h"

namespace meshtwin {

// `runs`: what run_data gave; `sets`: what set_data gave.
std::string report_page(const std::vector<Json>& runs, const std::vector<Json>& sets = {});

// JSON that stands inside a script element without ending it, whatever texts are in it.
std::string script_safe(std::string_view json);

}  // namespace meshtwin
