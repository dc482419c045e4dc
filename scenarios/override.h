#pragma once

// `--set services.backend.workers=4`, or a setting of a sweep file: a value put into a scenario's tree before it is
// checked. The path is followed by the language's own description, so that a misspelt step is answered with the right
// one; list items go by their number from 0.

#include <string>

#include "mesh/base/problems.h"
#include "mesh/resource/node.h"
#include "mesh/resource/shape.h"
#include "scenarios/setting.h"

namespace meshtwin {

void apply_override(Node& root, const Shape& shape, const Setting& setting, ProblemList& problems);
// From the command line: path=value.
void apply_override(Node& root, const Shape& shape, const std::string& setting, ProblemList& problems);

}  // namespace meshtwin
