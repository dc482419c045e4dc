#pragma once

#include <string>

#include "results/run_subject.h"
#include "scenarios/scenario.h"

namespace meshtwin {

// What the results need to know of a scenario.
RunSubject subject_of(const Scenario& scenario, const std::string& world);

}  // namespace meshtwin
